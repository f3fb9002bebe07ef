/** Looking back at a call. */

import { ring } from "../shared/charts.js";
import { h } from "../shared/dom.js";
import { count, number, percent } from "../shared/format.js";

/** The analysis of a conversation that has ended. */
export async function analysis({ client, signal, show, home }, conversation) {
  let found;
  try {
    found = await client.request("POST", "/llm/session-analysis", { conversation_id: conversation }, { signal });
  } catch (failure) {
    // Nothing was said, so there is nothing to look back at.
    if (failure.status !== 409) throw failure;
    return { title: "Goodbye", node: silent(() => show(home)) };
  }
  return { title: "Looking back", node: draw(found, () => show(home)) };
}

function silent(again) {
  return h("div", { class: "page narrow welcome" },
    h("div", { class: "head" }, h("h1", null, "That was a short one."),
      h("p", { class: "lead" }, "You have not said anything this time. One sentence is enough to begin with.")),
    h("div", { class: "row" }, h("button", { type: "button", class: "primary", onclick: again }, "Try again")));
}

function draw({ summary, courage, best_moments: moments, next_steps: steps, corrections_by_category: corrections, engine }, again) {
  const facts = [
    ["You spoke", percent(courage.speaking_share), "of all words"],
    ["A turn of yours had", courage.words_per_turn.toFixed(1), "words"],
    ["Your longest turn had", number(courage.longest_turn_words), courage.longest_turn_words === 1 ? "word" : "words"],
    ["You asked", number(courage.questions_asked), courage.questions_asked === 1 ? "question" : "questions"],
  ];
  const all = Object.entries(corrections).filter(([, times]) => times > 0);
  return h("div", { class: "page narrow back" },
    h("div", { class: "courage" },
      h("div", { class: "score" }, ring(courage.score, `Courage: ${courage.score} of 100`), h("span", { class: "small soft", "aria-hidden": "true" }, "courage, of 100")),
      h("div", { class: "head" }, h("h1", null, "Well done!"), h("p", { class: "lead" }, summary))),
    h("dl", { class: "facts" }, facts.map(([name, value, unit]) => h("div", null, h("dt", null, name), h("dd", null, h("b", null, value), ` ${unit}`)))),
    moments.length > 0 && h("section", { class: "card" }, h("h2", null, "Your best moments"),
      h("ul", { class: "moments" }, moments.map((best) => h("li", null, h("q", null, best.quote), h("span", { class: "soft" }, best.why))))),
    steps.length > 0 && h("section", { class: "card" }, h("h2", null, "What you could try next"),
      h("ul", { class: "bullets" }, steps.map((step) => h("li", null, step)))),
    all.length > 0 && h("p", { class: "soft" }, `Corrected: ${all.map(([name, times]) => `${name} ${count(times, "time")}`).join(", ")}.`),
    engine.degraded && h("p", { class: "soft small" }, "No language model was there: the numbers are counted, the words are Zoe’s built-in ones."),
    h("div", { class: "row" },
      h("button", { type: "button", class: "primary", onclick: again }, "Talk again"),
      h("a", { class: "button", href: "#/progress" }, "My progress")));
}
