/** A call with Zoe. */

import { h, uuid } from "../shared/dom.js";
import { title as titled } from "../shared/format.js";
import { corrected, explanations } from "../shared/parts.js";
import { analysis } from "./analysis.js";
import { Voice, deafness, listen } from "./speech.js";

/** Milliseconds between looks for corrections that were late. After the last one they are left to the transcript. */
const LATER = [4000, 6000, 10000, 20000];
/** The longest latency that the server takes, in milliseconds. A device that slept in between may have measured more. */
const LONGEST = 600000;

/** Starts a conversation about `topic`, or about what Zoe likes. The same `key` starts no second one. */
export async function call({ client, signal, show, home, stay }, topic, key) {
  const voice = new Voice();
  const conversation = await client.post("/conversations", topic ? { topic } : {}, { signal, key });
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

  /** Zoe begins. When she cannot be reached, the student can begin as well. */
  function open() {
    const beginning = { path: "/llm/conversation-starter", key: uuid(), body: { conversation_id: conversation.id } };
    return ask(beginning, (starter) => { title.textContent = titled(conversation.topic ?? starter.topic); });
  }

  /** One turn. */
  async function said(text, stt) {
    const latency = { ...measured("stt", stt), ...measured("tts", voice.latency) };
    const mine = room.studentSays(text);
    const body = { conversation_id: conversation.id, text, latency_ms: latency };
    await ask({ path: "/llm/conversation-turn", key: uuid(), body }, (answer) => {
      mine.correct(answer.corrections);
      if (!answer.corrections_complete) lookAgain(answer.user_message_id, mine);
    });
  }

  /** Zoe is asked. All about it is kept until she has answered, so that it can be sent again as the same request. */
  async function ask({ path, key, body }, answered, line = room.zoeBegins(), heard = []) {
    try {
      const answer = await client.zoe(path, body, { signal, key, heard, on: line });
      line.done(answer);
      answered(answer);
    } catch (failure) {
      if (signal.aborted) return;
      if (!("status" in failure)) throw failure;
      line.gaveUp(failure, () => ask({ path, key, body }, answered, line, heard));
    }
  }

  /** Corrections that were not there when the reply was due. */
  async function lookAgain(id, mine) {
    // A call only grows at its end, so the page that holds the message stays the same.
    let cursor = "";
    for (const pause of LATER) {
      await new Promise((resolve) => { setTimeout(resolve, pause); });
      if (signal.aborted) return;
      try {
        for (let found = false; !found;) {
          const page = await client.get(`/conversations/${conversation.id}/messages?limit=100${cursor}`, { signal });
          const message = page.items.find((one) => one.id === id);
          if (message?.corrections.length) { mine.correct(message.corrections); return; }
          found = Boolean(message) || !page.next_cursor;
          if (!found) cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
        }
      } catch {
        // They are in the transcript; a call need not stop for them.
      }
    }
  }

  /**
   * Ends the conversation; the speech time of Zoe's last reply goes with it. How long it was is left to the server, which
   * knows when the last word was said: a call that was left open has not been hours of speaking.
   */
  function complete(options) {
    isOver = true;
    const tts = voice.latency;
    voice.hush();
    const body = { latency_ms: measured("tts", tts) };
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

/** A latency by its name; none where nothing was measured. */
function measured(name, milliseconds) {
  return milliseconds === null ? {} : { [name]: Math.min(LONGEST, milliseconds) };
}

/** Where two talk: what was said, and where it is typed or spoken. Also used by the placement interview. */
export function talkRoom({ log, voice, signal, said, placeholder }) {
  let isBusy = false;
  let isHushed = false;
  let isListening = false;
  let stopListening = null;
  let wasDegraded = false;
  /** The last line, when no answer to it has come. */
  let unanswered = null;
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
  addEventListener("keydown", (event) => { if (event.key === "Escape") leaveIt(); }, { signal });

  /** Escape: what was asked is answered with no, and Zoe is quiet. */
  function leaveIt() {
    if (!consent.hidden) refuse();
    hush();
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
  /** Whether Zoe is still at it: words that come meanwhile wait. */
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
      partial: (text) => { field.value = text; grow(); },
      said: (text, milliseconds) => {
        // The answer may be there before the browser says that it has stopped.
        isListening = false;
        field.value = text;
        submit(milliseconds);
      },
      ended: notListening,
    });
    return undefined;
  }
  function notListening(trouble) {
    isListening = false;
    stopListening = null;
    speakButton.setAttribute("aria-pressed", "false");
    speakButton.textContent = "Speak";
    if (trouble || word.textContent === "Listening…") word.textContent = trouble;
  }
  function askConsent() {
    const yes = h("button", { type: "button", class: "primary", onclick: () => {
      isSwitchedOn = true;
      consent.hidden = true;
      speakButton.focus();
      speak();
    } }, "Switch it on");
    consent.replaceChildren(
      h("p", null, "The browser turns your voice into text, and its maker may hear the audio; it needs HTTPS."),
      h("div", { class: "row" }, yes, h("button", { type: "button", onclick: refuse }, "Keep typing")));
    consent.hidden = false;
    yes.focus();
  }
  function refuse() {
    consent.hidden = true;
    field.focus();
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
        // It has pushed down what came after it, and nobody is to lose their place to it.
        reveal(log.lastElementChild);
      },
    };
  }

  /** A line of Zoe's that grows: what `converse` needs to tell it. */
  function zoeBegins() {
    busy(true);
    isHushed = false;
    unanswered = null;
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
      const before = line.querySelector(".trouble");
      // Whoever has pressed a button in it goes on from this line.
      if (before?.contains(document.activeElement)) {
        line.tabIndex = -1;
        line.focus({ preventScroll: true });
      }
      before?.remove();
      if (failure) tell(`${failure.message} Your words are kept and sent again by themselves; nothing is said twice.`, "Try now", tryNow);
    };
    const tell = (sentence, action, act) => {
      line.append(h("div", { class: "trouble", role: "alert" }, h("p", null, sentence),
        act && h("button", { type: "button", onclick: act }, action)));
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
      /** No answer came. `again` asks once more, in this same line: by hand, or when the network is back. */
      gaveUp: (failure, again) => {
        settle();
        trouble(null);
        const retry = () => {
          unanswered = null;
          removeEventListener("online", byItself);
          trouble(null);
          busy(true);
          words.append(dots);
          dots.hidden = false;
          again();
        };
        // Who has gone on talking meanwhile decides alone.
        const byItself = () => { if (unanswered === line && !isBusy) retry(); };
        unanswered = line;
        if (failure.isPassing) addEventListener("online", byItself, { signal });
        tell(failure.isPassing ? `${failure.message} Your words are kept, and nothing is said twice.` : failure.message, "Try again", retry);
      },
    };
  }

  return { composer, voiceSwitch, studentSays, zoeBegins, busy, field };
}

function reveal(line) {
  line.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}
