/** Zoe's voice and the student's ear, as far as the browser has them. */

import { memory } from "../shared/dom.js";

const VOICE = "ella.voice";

/** Speaks sentences one after the other, and can be hushed. */
export class Voice {
  #store = memory("localStorage");
  #queued = 0;
  #asked = null;
  /** Milliseconds from a reply's first sentence to its sound; null when nothing sounded. */
  latency = null;

  get isPossible() {
    return "speechSynthesis" in window && "SpeechSynthesisUtterance" in window;
  }

  get isOn() {
    return this.isPossible && this.#store.get(VOICE) !== "off";
  }

  set isOn(on) {
    this.#store.set(VOICE, on ? "on" : "off");
    if (!on) this.hush();
  }

  get isSpeaking() {
    return this.#queued > 0;
  }

  /** A new reply begins: what is measured is measured anew. */
  begin() {
    this.#asked = null;
    this.latency = null;
  }

  speak(sentence) {
    if (!this.isOn) return;
    const utterance = new SpeechSynthesisUtterance(sentence);
    utterance.lang = "en-US";
    utterance.rate = 0.95;
    const isFirst = this.#asked === null;
    this.#asked ??= performance.now();
    const done = () => { this.#queued = Math.max(0, this.#queued - 1); };
    utterance.onstart = () => {
      if (isFirst && this.latency === null) this.latency = Math.round(performance.now() - this.#asked);
    };
    utterance.onend = done;
    utterance.onerror = done;
    this.#queued++;
    speechSynthesis.speak(utterance);
  }

  hush() {
    this.#queued = 0;
    if (this.isPossible) speechSynthesis.cancel();
  }
}

const Recognition = () => window.SpeechRecognition ?? window.webkitSpeechRecognition;

/** Why the browser cannot listen; null when it can. */
export function deafness() {
  if (!window.isSecureContext) return "Speaking needs HTTPS, and this address has none. Typing works all the same.";
  if (!Recognition()) return "This browser cannot listen. Typing works all the same.";
  return null;
}

/** Milliseconds of thinking that a student may take in the middle of what they say. */
const THINKING = 1800;

/** The pieces of what was heard as one text. Some browsers repeat what they had in the next piece. */
function joined(results) {
  return [...results].map((one) => one[0].transcript.trim()).reduce((before, piece) =>
    (piece.toLowerCase().startsWith(before.toLowerCase()) ? piece : `${before} ${piece}`), "");
}

/**
 * Listens to one thing that the student says, pauses for thinking included: it is over when nothing was said for a while
 * after a piece was understood, or when it is stopped. `on.partial(text)` meanwhile,
 * `on.said(text, milliseconds)` with the time from the voice's end to the text, without the pause that tells that it was
 * the last piece; `on.ended(sentence)` always, with what went wrong or an empty text. Returns how to stop, and whether to
 * `drop` what was not said yet.
 */
export function listen(on) {
  let [quiet, understood, text, thinking, trouble, isDone] = [null, null, "", null, "", false];
  const fail = "The browser could not listen. Try again, or type.";
  const say = () => {
    clearTimeout(thinking);
    if (isDone || !text || trouble) return;
    isDone = true;
    on.said(text, understood);
  };
  let recognition;
  try {
    recognition = new (Recognition())();
  } catch {
    on.ended(fail);
    return () => undefined;
  }
  recognition.lang = "en-US";
  recognition.continuous = true;
  recognition.interimResults = true;
  recognition.maxAlternatives = 1;
  const voiced = () => {
    clearTimeout(thinking);
    quiet = null;
  };
  recognition.onspeechstart = voiced;
  recognition.onspeechend = () => { quiet = performance.now(); };
  recognition.onresult = ({ results }) => {
    if (isDone) return;
    const now = performance.now();
    text = joined(results);
    on.partial(text);
    if (!results[results.length - 1].isFinal) {
      voiced();
      // The voice ends no earlier than the last that was heard of it.
      quiet = now;
      return;
    }
    clearTimeout(thinking);
    understood = quiet === null ? null : Math.max(0, Math.round(now - quiet));
    thinking = setTimeout(() => {
      say();
      recognition.stop();
    }, THINKING);
  };
  recognition.onerror = ({ error }) => {
    trouble = {
      "not-allowed": "The browser was not allowed to use the microphone. Allow it in the address bar, or type.",
      "service-not-allowed": "This browser’s speech recognition is switched off. Typing works all the same.",
      "no-speech": "Nothing was heard. Try again, or type.",
      "audio-capture": "No microphone was found. Typing works all the same.",
      network: "The browser’s speech recognition cannot be reached. Typing works all the same.",
    }[error] ?? (error === "aborted" ? "" : fail);
  };
  recognition.onend = () => {
    say();
    on.ended(trouble);
  };
  try {
    recognition.start();
  } catch {
    isDone = true;
    on.ended(fail);
  }
  return ({ drop = false } = {}) => {
    clearTimeout(thinking);
    if (drop) isDone = true;
    recognition.stop();
  };
}
