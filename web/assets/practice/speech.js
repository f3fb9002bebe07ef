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

/**
 * Listens to one thing that the student says. `on.begun()` when a voice is heard, `on.partial(text)` meanwhile,
 * `on.said(text, milliseconds)` with the time from the voice's end to the text, `on.ended(sentence)` always, with what
 * went wrong or an empty text. Returns how to stop.
 */
export function listen(on) {
  const recognition = new (Recognition())();
  recognition.lang = "en-US";
  recognition.interimResults = true;
  recognition.maxAlternatives = 1;
  let [quiet, trouble, isDone] = [null, "", false];
  recognition.onspeechstart = () => on.begun();
  recognition.onspeechend = () => { quiet = performance.now(); };
  recognition.onresult = ({ results }) => {
    const result = results[results.length - 1];
    const text = [...results].map((one) => one[0].transcript).join(" ").trim();
    if (!result.isFinal) return on.partial(text);
    if (isDone || !text) return undefined;
    isDone = true;
    return on.said(text, quiet === null ? null : Math.max(0, Math.round(performance.now() - quiet)));
  };
  recognition.onerror = ({ error }) => {
    trouble = {
      "not-allowed": "The browser was not allowed to use the microphone. Allow it in the address bar, or type.",
      "service-not-allowed": "This browser’s speech recognition is switched off. Typing works all the same.",
      "no-speech": "Nothing was heard. Try again, or type.",
      "audio-capture": "No microphone was found. Typing works all the same.",
      network: "The browser’s speech recognition cannot be reached. Typing works all the same.",
    }[error] ?? (error === "aborted" ? "" : "The browser could not listen. Try again, or type.");
  };
  recognition.onend = () => on.ended(trouble);
  try {
    recognition.start();
  } catch {
    on.ended("The browser could not listen. Try again, or type.");
  }
  return () => recognition.stop();
}
