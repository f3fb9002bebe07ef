/** A call with Zoe. */

import { h, uuid } from "../shared/dom.js";
import { title as titled } from "../shared/format.js";
import { corrected, explanations } from "../shared/parts.js";
import { analysis } from "./analysis.js";
import { Voice, deafness, listen } from "./speech.js";

/** Milliseconds after which corrections that were late are looked for. */
const LATER = 4000;

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

  async function open() {
    const line = room.zoeBegins();
    try {
      const starter = await client.zoe("/llm/conversation-starter", { conversation_id: conversation.id }, { signal, on: line });
      line.done(starter);
      title.textContent = titled(conversation.topic ?? starter.topic);
    } catch (failure) {
      // The student can begin as well.
      if (!signal.aborted) line.gaveUp(failure);
    }
  }

  /** One turn. Everything about it is kept until it was answered, so that it can be sent again. */
  async function said(text, stt) {
    const latency = { ...(stt === null ? {} : { stt }), ...(voice.latency === null ? {} : { tts: voice.latency }) };
    const mine = room.studentSays(text);
    const turn = { key: uuid(), body: { conversation_id: conversation.id, text, latency_ms: latency } };
    await take(turn, mine);
  }

  async function take(turn, mine) {
    const line = room.zoeBegins();
    try {
      const answer = await client.zoe("/llm/conversation-turn", turn.body, { signal, key: turn.key, on: line });
      line.done(answer);
      mine.correct(answer.corrections);
      if (!answer.corrections_complete) setTimeout(() => lookAgain(answer.user_message_id, mine), LATER);
    } catch (failure) {
      if (!signal.aborted) line.gaveUp(failure, () => take(turn, mine));
    }
  }

  /** Corrections that were not there when the reply was due. */
  async function lookAgain(id, mine) {
    let cursor = "";
    try {
      do {
        const page = await client.get(`/conversations/${conversation.id}/messages?limit=100${cursor}`, { signal });
        const message = page.items.find((one) => one.id === id);
        if (message) return mine.correct(message.corrections);
        cursor = page.next_cursor && `&cursor=${encodeURIComponent(page.next_cursor)}`;
      } while (cursor);
    } catch {
      // They are in the transcript; a call need not stop for them.
    }
    return undefined;
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
    oninput: () => { hush(); grow(); },
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
  signal.addEventListener("abort", () => stopListening?.());

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
    word.textContent = "Listening…";
    speakButton.setAttribute("aria-pressed", "true");
    speakButton.textContent = "Stop";
    stopListening = listen({
      begun: hush,
      partial: (text) => { field.value = text; grow(); },
      said: (text, milliseconds) => {
        // The answer may be there before the browser says that it has stopped.
        isListening = false;
        field.value = text;
        submit(milliseconds);
      },
      ended: (trouble) => {
        isListening = false;
        stopListening = null;
        speakButton.setAttribute("aria-pressed", "false");
        speakButton.textContent = "Speak";
        if (trouble || word.textContent === "Listening…") word.textContent = trouble;
      },
    });
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

  /** A line of Zoe's that grows: what `converse` needs to tell it. */
  function zoeBegins() {
    busy(true);
    isHushed = false;
    voice.begin();
    const words = h("p", { class: "words" });
    const coming = h("span", { class: "coming", "aria-hidden": "true" });
    const dots = h("span", { class: "dots", role: "img", "aria-label": "Zoe is thinking" }, h("span"), h("span"), h("span"));
    const spoken = h("span", { role: "log", "aria-live": "polite" });
    words.append(spoken, coming, dots);
    const line = h("li", { class: "said zoes" }, h("span", { class: "unseen" }, "Zoe: "), words);
    log.append(line);
    reveal(line);
    const settle = () => {
      dots.remove();
      coming.textContent = "";
      busy(false);
    };
    const trouble = (failure, tryNow) => {
      line.querySelector(".trouble")?.remove();
      if (!failure) return;
      line.append(h("div", { class: "trouble", role: "alert" },
        h("p", null, `${failure.message} Your words are kept and sent again by themselves; nothing is said twice.`),
        h("button", { type: "button", onclick: tryNow }, "Try now")));
      reveal(line);
    };
    return {
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
      gaveUp: (failure, again) => {
        settle();
        trouble(null);
        line.append(h("div", { class: "trouble", role: "alert" }, h("p", null, failure.message),
          again && h("button", { type: "button", onclick: () => { line.remove(); again(); } }, "Try again")));
        reveal(line);
      },
    };
  }

  return { composer, voiceSwitch, studentSays, zoeBegins, busy, field };
}

function reveal(line) {
  line.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}
