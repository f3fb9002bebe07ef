/** A short interview that finds the student's level; it can be left at any time. */

import { h, uuid } from "../shared/dom.js";
import { percent } from "../shared/format.js";
import { talkRoom } from "./call.js";
import { Voice } from "./speech.js";

export async function placement({ client, signal, show, home }) {
  const voice = new Voice();
  const began = performance.now();
  const transcript = [];
  const log = h("ol", { class: "log", "aria-label": "The interview" });
  const room = talkRoom({ log, voice, signal, said, placeholder: "Answer in English, as much as you can…" });
  signal.addEventListener("abort", () => voice.hush());

  async function said(text) {
    room.studentSays(text);
    await next(text);
  }

  /** Asks for the next question. An interview is stored nowhere, so another try may be answered with other words. */
  async function next(text, line = room.zoeBegins(), heard = [], key = uuid()) {
    const history = transcript.map(({ role, content }) => ({ role, content }));
    try {
      const answer = await client.zoe("/llm/placement-turn", { history, ...(text ? { text } : {}) }, { signal, key, heard, on: line });
      line.done(answer);
      if (text) transcript.push({ role: "user", content: text, at: new Date().toISOString() });
      transcript.push({ role: "assistant", content: answer.reply, at: new Date().toISOString() });
      if (answer.finished) finish(answer);
    } catch (failure) {
      if (signal.aborted) return;
      if (!("status" in failure)) throw failure;
      line.gaveUp(failure, () => next(text, line, heard, key));
    }
  }

  function finish({ assessment, engine }) {
    room.composer.replaceWith(h("div", { class: "composer" },
      h("button", { type: "button", class: "primary", onclick: () => save(assessment, engine) }, "See my level")));
  }

  async function save(assessment, engine) {
    const seconds = Math.round((performance.now() - began) / 1000);
    // However often it is tried, it is one test.
    const key = uuid();
    await show(async () => {
      await client.post("/placements", {
        cefr_level: assessment.cefr_level,
        confidence: assessment.confidence,
        scores: assessment.scores,
        transcript,
        duration_seconds: Math.min(86400, seconds),
      }, { key });
      return { title: "Your level", node: result(assessment, engine) };
    });
  }

  function result(assessment, engine) {
    return h("div", { class: "page narrow welcome" },
      h("div", { class: "head" },
        h("h1", null, "You speak English at ", h("span", { class: "found" }, assessment.cefr_level)),
        h("p", { class: "lead" }, DESCRIPTIONS[assessment.cefr_level])),
      h("p", { class: "soft" }, engine.degraded
        ? "No language model was there, so this is a guess by how much you said. Test it again another day."
        : `Zoe is ${percent(assessment.confidence)} sure. You can test it again whenever you like.`),
      h("div", { class: "row" }, h("button", { type: "button", class: "primary", onclick: () => show(home) }, "Talk with Zoe")));
  }

  return {
    title: "Your level",
    node: h("div", { class: "room" },
      h("div", { class: "bar" }, h("h1", null, "Finding your level"),
        h("div", { class: "row" }, room.voiceSwitch, h("button", { type: "button", onclick: () => show(home) }, "Skip it"))),
      log, room.composer),
    shown: () => next(null),
  };
}

const DESCRIPTIONS = {
  A1: "You can say who you are and talk about things around you, in short sentences.",
  A2: "You can talk about everyday things and tell what you did.",
  B1: "You can tell stories and plans, and say what you think and why.",
  B2: "You can talk fluently about many things, and argue for your opinion.",
  C1: "You can say nearly anything, with ease and in good style.",
  C2: "You speak English as well as most people who grew up with it.",
};
