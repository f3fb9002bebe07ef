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

/** Milliseconds of silence after which the student has finished: long enough to think of a word. */
const FINISHED = 1200;

/** What was heard so far. Some phones repeat in a piece what stands in the pieces before; it is taken once. */
export function joined(pieces) {
  return pieces.map((piece) => piece.trim()).filter(Boolean)
    .reduce((text, piece) => (piece.startsWith(text) ? piece : `${text} ${piece}`), "").trim();
}

const UNABLE = "The browser could not listen. Try again, or type.";

/**
 * Listens to one thing that the student says, pauses for thought included. `on.partial(text)` meanwhile,
 * `on.said(text, milliseconds)` with the time from the voice's end to the text, the wait for more included, and
 * `on.ended(sentence)` always, with what went wrong or an empty text. Returns how to stop, or null when listening has
 * ended before it began.
 */
export function listen(on) {
  const recognition = new (Recognition())();
  recognition.lang = "en-US";
  recognition.continuous = true;
  recognition.interimResults = true;
  recognition.maxAlternatives = 1;
  let [quiet, trouble, text, isDone, timer] = [null, "", "", false, 0];
  const finish = () => {
    clearTimeout(timer);
    if (isDone || !text) return;
    isDone = true;
    on.said(text, quiet === null ? null : Math.max(0, Math.round(performance.now() - quiet)));
    recognition.stop();
  };
  recognition.onspeechend = () => { quiet = performance.now(); };
  recognition.onresult = ({ results }) => {
    if (isDone) return;
    clearTimeout(timer);
    const isFinal = results[results.length - 1].isFinal;
    text = joined([...results].map((one) => one[0].transcript));
    on.partial(text);
    // Not every browser tells when a voice ends; it was there when the last new words came.
    if (!isFinal) quiet = performance.now();
    else timer = setTimeout(finish, FINISHED);
  };
  recognition.onerror = ({ error }) => {
    trouble = {
      "not-allowed": "The browser was not allowed to use the microphone. Allow it in the address bar, or type.",
      "service-not-allowed": "This browser’s speech recognition is switched off. Typing works all the same.",
      "no-speech": "Nothing was heard. Try again, or type.",
      "audio-capture": "No microphone was found. Typing works all the same.",
      network: "The browser’s speech recognition cannot be reached. Typing works all the same.",
    }[error] ?? (error === "aborted" ? "" : UNABLE);
  };
  recognition.onend = () => {
    // Stopped by hand, or by the browser: what was heard is said. After a fault it stands in the field, to be looked at.
    if (trouble) isDone = true;
    finish();
    on.ended(trouble);
  };
  try {
    recognition.start();
  } catch {
    on.ended(UNABLE);
    return null;
  }
  return () => recognition.stop();
}
