/** Parts that both pages are made of. */

import { h } from "./dom.js";
import { moment } from "./format.js";

/** Something is on its way: a whole view, or a part of one. */
export function waiting(isPart = false) {
  return h("div", { class: "state", role: "status" },
    h("div", { class: "dots", "aria-hidden": "true" }, h("span"), h("span"), h("span")),
    h(isPart ? "p" : "h1", { class: "plain" }, "Loading…"));
}

/** There is nothing yet, and why. */
export function nothing(title, text, action) {
  return h("div", { class: "state" }, h("h2", null, title), h("p", null, text), action);
}

/** What went wrong, as a heading. */
export function fault(failure) {
  if (failure.isLost) return "No connection";
  return failure.status === 404 ? "Not here" : "That did not work";
}

/** Something went wrong: what, and what to do: try `again`, or go another `way`. */
export function failed(failure, again, way) {
  const hint = failure.isLost ? " Nothing is lost." : "";
  return h("div", { class: "state", role: "alert" },
    h("h1", { tabindex: "-1" }, fault(failure)),
    h("p", null, `${failure.message}${hint}`),
    failure.requestId && h("p", { class: "small" }, `Request ${failure.requestId}`),
    again && h("button", { type: "button", class: "primary", onclick: again }, "Try again"),
    way);
}

/** A time, for people and for programs. */
export function time(text, words = moment(text)) {
  return h("time", { datetime: text }, words);
}

export function level(word) {
  return word ? h("span", { class: "badge level" }, word) : h("span", { class: "badge" }, "Not placed");
}

/** Words that stay together in a line. */
export function whole(...words) {
  return h("span", { class: "whole" }, words);
}

/** A row of large figures: `[name, figure, note]`. */
export function figures(...rows) {
  return h("div", { class: "figures" }, rows.map(([name, value, note]) =>
    h("dl", { class: "figure" }, h("dt", null, name), h("dd", null, value, note && h("small", null, note)))));
}

/**
 * A table: columns are `{ name, cell, number }`, and the first one heads its row. On a phone rows fold.
 * `unseen` hides the caption from those who see the heading above it.
 */
export function table(caption, columns, rows) {
  return h("table", { class: "folds" },
    h("caption", { class: "unseen" }, caption),
    h("thead", null, h("tr", null, columns.map(({ name, number }) =>
      h("th", { scope: "col", class: number && "number" }, name)))),
    h("tbody", null, rows.map((row) => h("tr", null, columns.map(({ name, cell, number }, index) =>
      index === 0
        ? h("th", { scope: "row" }, cell(row))
        : h("td", { class: number && "number", "data-name": name }, cell(row)))))));
}

// What words are made of: "is" is not corrected in "This", nor "don" in "don’t".
const WORD_BEFORE = /[\p{L}\p{M}\p{N}'’]$/u;
const WORD_AFTER = /^[\p{L}\p{M}\p{N}'’]/u;

/** Where corrections belong, in the order of the text: each at the first place of its words that none has taken. */
export function placesOf(content, corrections) {
  const places = [];
  for (const correction of corrections) {
    const { original } = correction;
    for (let at = original ? content.indexOf(original) : -1; at >= 0; at = content.indexOf(original, at + 1)) {
      const end = at + original.length;
      if (WORD_BEFORE.test(content.slice(0, at)) || WORD_AFTER.test(content.slice(end))) continue;
      if (places.some((place) => at < place.end && place.at < end)) continue;
      places.push({ at, end, correction });
      break;
    }
  }
  return places.sort((one, other) => one.at - other.at);
}

/** What was said, with corrections marked in it: struck and replaced. Those that are not found stand below alone. */
export function corrected(content, corrections) {
  const parts = [];
  let from = 0;
  for (const { at, end, correction } of placesOf(content, corrections)) {
    parts.push(content.slice(from, at), h("del", null, correction.original), " ", h("ins", null, correction.corrected));
    from = end;
  }
  return [...parts, content.slice(from)];
}

/**
 * What each correction is about and why. One alone stands in the text already, if it was found there. Codes such as
 * VERB:TENSE are for teachers.
 */
export function explanations(content, corrections, { withCodes = false } = {}) {
  const isMarked = corrections.length === 1 && placesOf(content, corrections).length === 1;
  return h("ul", { class: "explanations" }, corrections.map((correction) => h("li", null,
    h("span", { class: "badge" }, withCodes && correction.type ? `${correction.category} · ${correction.type}` : correction.category),
    " ", !isMarked && [h("del", null, correction.original), " ", h("ins", null, correction.corrected), " "],
    correction.explanation && h("span", { class: "soft" }, correction.explanation))));
}

/** A strip above the page that says what is the matter; empty for none. */
export function notice(text) {
  const strip = document.getElementById("notice");
  if (strip.textContent !== text) strip.textContent = text;
  strip.hidden = !text;
}

/** The link past the menu. Its address would be taken for a view's. */
export function letSkip(main) {
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
    main.scrollIntoView();
  });
}

/** Marks the section of the menu that is shown. */
export function mark(nav, hash) {
  for (const link of nav.querySelectorAll("a")) {
    const here = link.getAttribute("href");
    const isHere = here === "#/" ? hash === "#/" || hash === "" || hash === "#" : hash.startsWith(here);
    if (isHere) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
