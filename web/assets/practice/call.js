/** A call with Zoe. */

import { h, uuid } from "../shared/dom.js";
import { title as titled } from "../shared/format.js";
import { corrected, explanations } from "../shared/parts.js";
import { analysis } from "./analysis.js";
import { Voice, deafness, listen } from "./speech.js";

/** Milliseconds after which corrections that were late are looked for, each time anew. */
const LATER = [2000, 4000, 8000, 16000];

/** Starts a conversation about `topic`, or about what Zoe likes. The same `key` starts no second one. */
export async function call({ client, signal, show, home, stay }, topic, key) {
  const voice = new Voice();
  const conversation = await client.post("/conversations", topic ? { topic } : {}, { signal, key });
  const began = performance.now();
  const log = h("ol", { class: "log", "aria-label": "What was said" });
  const room = talkRoom({ log, voice, signal, said, placeholder: "Say something in English…" });
  // Who walks away has ended the call as well.
  let isOver = false;
  signal.addEventListener("abort", () => {
    if (!isOver) complete().catch(() => undefined);
  });
  // So has who closes the tab. A browser may bring the page back later, and the call is over then.
  addEventListener("pagehide", () => {
    if (!isOver) complete({ keepalive: true }).catch(() => undefined);
  }, { signal });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) show(home); }, { signal });
  stay("The call is still going on.");

  const title = h("h1", null, conversation.topic ? titled(conversation.topic) : "A talk with Zoe");
  const end = h("button", { type: "button", onclick: hangUp }, "End the call");

  /** Zoe begins. The student can begin as well, so nothing hangs on it. */
  async function open() {
    const starter = await room.answer((told) =>
      client.zoe("/llm/conversation-starter", { conversation_id: conversation.id }, { signal, ...told }));
    if (starter) title.textContent = titled(conversation.topic ?? starter.topic);
  }

  async function said(text, stt) {
    const latency = { ...(stt === null ? {} : { stt }), ...(voice.latency === null ? {} : { tts: voice.latency }) };
    const mine = room.studentSays(text);
    const body = { conversation_id: conversation.id, text, latency_ms: latency };
    const answer = await room.answer((told) => client.zoe("/llm/conversation-turn", body, { signal, ...told }));
    if (!answer) return;
    mine.correct(answer.corrections);
    if (!answer.corrections_complete) await lookAgain(answer.user_message_id, mine);
  }

  /** Corrections that were not there when the reply was due. When they never come, there were none. */
  async function lookAgain(id, mine) {
    for (const milliseconds of LATER) {
      await new Promise((resolve) => { setTimeout(resolve, milliseconds); });
      if (signal.aborted) return;
      try {
        const { corrections } = await messageOf(id);
        if (corrections.length) return mine.correct(corrections);
      } catch {
        // They are in the transcript; a call need not stop for them.
      }
    }
  }

  async function messageOf(id) {
    let cursor = "";
    do {
      const page = await client.get(`/conversations/${conversation.id}/messages?limit=100${cursor}`, { signal });
      const message = page.items.find((one) => one.id === id);
      if (message) return message;
      cursor = page.next_cursor && `&cursor=${encodeURIComponent(page.next_cursor)}`;
    } while (cursor);
    throw new Error("the message is not there");
  }

  /** Ends the conversation; the speech time of Zoe's last reply goes with it. */
  function complete(options) {
    isOver = true;
    const tts = voice.latency;
    voice.hush();
    const seconds = Math.min(86400, Math.round((performance.now() - began) / 1000));
    const body = { duration_seconds: seconds, ...(tts === null ? {} : { latency_ms: { tts } }) };
    return client.request("PUT", `/conversations/${conversation.id}/complete`, body, options);
  }

  async function hangUp() {
    isOver = true;
    await show(async (context) => {
      await complete();
      return analysis(context, conversation.id);
    });
  }

  return {
    title: "A call",
    node: h("div", { class: "room" },
      h("div", { class: "bar" }, title, h("div", { class: "row" }, room.voiceSwitch, end)),
      log, room.composer),
    shown: open,
  };
}

/** Where two talk: what was said, and where it is typed or spoken. Also used by the placement interview. */
export function talkRoom({ log, voice, signal, said, placeholder }) {
  let isBusy = false;
  let isHushed = false;
  let isListening = false;
  let stopListening = null;
  let wasDegraded = false;
  const voiceState = () => `Zoe’s voice is ${voice.isOn ? "on" : "off"}`;
  const word = h("p", { class: "word small", role: "status" });
  const field = h("textarea", {
    rows: 1, maxlength: 4000, placeholder, "aria-label": "Your words", autocomplete: "off",
    oninput: () => { deafen(); hush(); grow(); },
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    },
  });
  const sendButton = h("button", { type: "submit", class: "primary" }, "Send");
  const speakButton = h("button", { type: "button", class: "mic", "aria-pressed": "false", onclick: speak }, "Speak");
  const consent = h("div", { class: "consent", hidden: true });
  const voiceSwitch = voice.isPossible && h("button", {
    type: "button", class: "quiet",
    onclick: () => {
      voice.isOn = !voice.isOn;
      voiceSwitch.textContent = voiceState();
    },
  }, voiceState());
  const composer = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); submit(); } },
    consent, word, h("div", { class: "line" }, field, speakButton, sendButton));
  signal.addEventListener("abort", deafen);

  /** What is typed counts, not what was half heard. */
  function deafen() {
    stopListening?.({ drop: true });
  }

  /** Talking or typing over Zoe stops her, for this reply, also while she thinks or is between two sentences. */
  function hush() {
    if (!isBusy && !voice.isSpeaking) return;
    voice.hush();
    isHushed = true;
  }
  function grow() {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + 2, 160)}px`;
  }
  function busy(now) {
    isBusy = now;
    sendButton.setAttribute("aria-disabled", String(now));
  }
  function submit(stt = null) {
    const text = field.value.trim();
    if (!text) return field.focus();
    if (isBusy) { word.textContent = "Zoe is still answering; your words stay here."; return undefined; }
    deafen();
    field.value = "";
    grow();
    hush();
    word.textContent = "";
    said(text, stt);
    return field.focus();
  }

  let isSwitchedOn = false;
  function speak() {
    const why = deafness();
    if (why) { word.textContent = why; return; }
    if (!isSwitchedOn) return askConsent();
    if (stopListening) return stopListening();
    hush();
    isListening = true;
    word.textContent = "Listening… Take your time: a short pause is fine, a long one or “Stop” sends it.";
    speakButton.setAttribute("aria-pressed", "true");
    speakButton.textContent = "Stop";
    // An ear that cannot even begin has ended before it is returned.
    let hasEnded = false;
    const stop = listen({
      partial: (text) => { field.value = text; grow(); },
      said: (text, milliseconds) => {
        // The answer may be there before the browser says that it has stopped.
        isListening = false;
        field.value = text;
        submit(milliseconds);
      },
      ended: (trouble) => {
        isListening = false;
        hasEnded = true;
        stopListening = null;
        speakButton.setAttribute("aria-pressed", "false");
        speakButton.textContent = "Speak";
        if (trouble || word.textContent.startsWith("Listening…")) word.textContent = trouble;
      },
    });
    if (!hasEnded) stopListening = stop;
    return undefined;
  }
  function askConsent() {
    const yes = h("button", { type: "button", class: "primary", onclick: () => {
      isSwitchedOn = true;
      consent.hidden = true;
      speak();
    } }, "Switch it on");
    consent.replaceChildren(
      h("p", null, "The browser turns your voice into text, and its maker may hear the audio; it needs HTTPS."),
      h("div", { class: "row" }, yes, h("button", { type: "button", onclick: () => { consent.hidden = true; field.focus(); } }, "Keep typing")));
    consent.hidden = false;
    yes.focus();
  }

  /** A line of the student's, which corrections may follow. */
  function studentSays(text) {
    const words = h("p", { class: "words" }, text);
    const line = h("li", { class: "said students" }, h("span", { class: "unseen" }, "You: "), words);
    log.append(line);
    reveal(line);
    return {
      correct(corrections) {
        if (!corrections.length) return;
        words.replaceChildren(...corrected(text, corrections));
        line.querySelector(".explanations")?.remove();
        line.append(explanations(text, corrections));
        reveal(line);
      },
    };
  }

  /**
   * Zoe's answer to one thing, asked for with `ask({ key, heard, on })` and given when it is whole. When it cannot be had,
   * the student says whether to try again: that is the same request, and goes on after the sentences that were heard. None
   * is given when the room was left.
   */
  async function answer(ask) {
    const [key, heard, on] = [uuid(), [], zoeBegins()];
    for (;;) {
      on.thinks();
      try {
        const whole = await ask({ key, heard, on });
        on.done(whole);
        return whole;
      } catch (failure) {
        if (signal.aborted) return null;
        await on.gaveUp(failure);
      }
    }
  }

  /** A line of Zoe's that grows: what `converse` needs to tell it. */
  function zoeBegins() {
    isHushed = false;
    voice.begin();
    const words = h("p", { class: "words" });
    // Screen readers are told each sentence once it is whole, never its pieces.
    const coming = h("span", { class: "coming", "aria-hidden": "true" });
    const dots = h("span", { class: "dots", role: "img", "aria-label": "Zoe is thinking" }, h("span"), h("span"), h("span"));
    const spoken = h("span", { role: "log", "aria-live": "polite" });
    words.append(spoken, coming);
    const line = h("li", { class: "said zoes" }, h("span", { class: "unseen" }, "Zoe: "), words);
    log.append(line);
    const settle = () => {
      dots.remove();
      coming.textContent = "";
      busy(false);
    };
    const tell = (sentence, name, act) => {
      line.querySelector(".trouble")?.remove();
      line.append(h("div", { class: "trouble", role: "alert" }, h("p", null, sentence), h("button", { type: "button", onclick: act }, name)));
      reveal(line);
    };
    const trouble = (failure, tryNow) => {
      if (failure) tell(`${failure.message} Your words are kept and sent again by themselves; nothing is said twice.`, "Try now", tryNow);
      else line.querySelector(".trouble")?.remove();
    };
    return {
      thinks: () => {
        busy(true);
        trouble(null);
        words.append(dots);
        reveal(line);
      },
      pending: (text) => { coming.textContent = text; dots.hidden = text !== ""; },
      sentence: (text) => {
        spoken.append(spoken.hasChildNodes() ? " " : "", text);
        coming.textContent = "";
        // The microphone would hear her.
        if (!isHushed && !isListening) voice.speak(text);
        reveal(line);
      },
      whole: (text) => { spoken.textContent = text; },
      trouble,
      done: ({ engine }) => {
        settle();
        trouble(null);
        // Said once, not with every line.
        const isDegraded = engine?.degraded === true;
        if (isDegraded && !wasDegraded) line.append(h("p", { class: "small soft aside" }, "Zoe’s built-in voice answers: no language model did in time. It corrects nothing."));
        wasDegraded = isDegraded;
        if (engine?.truncated) line.append(h("p", { class: "small soft aside" }, "Zoe was cut short here."));
      },
      /** Waits until it is to be tried again. */
      gaveUp: (failure) => new Promise((resolve) => {
        settle();
        tell(`${failure.message} Nothing is lost, and trying again says nothing twice.`, "Try again", () => {
          if (isBusy) word.textContent = "Zoe is still answering something else.";
          else resolve();
        });
      }),
    };
  }

  return { composer, voiceSwitch, studentSays, answer };
}

function reveal(line) {
  line.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}
