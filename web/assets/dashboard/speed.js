/** How fast Zoe answers, and what that costs: the last 24 hours. */

import { h } from "../shared/dom.js";
import { clock, count, dollars, longDay, milliseconds, number, percent } from "../shared/format.js";
import { figures, nothing, table, time } from "../shared/parts.js";

const EVERY = 60000;
const ROWS = [
  ["spoken", "A spoken turn", "from the end of the student’s words to Zoe’s voice"],
  ["turn", "The server’s turn", "from the request to the answer"],
  ["stt", "Speech to text", "on the device"],
  ["llm", "The model", "all that was spent on it"],
  ["tts", "Text to speech", "on the device"],
];
/** The line that a spoken turn should keep to, and where the scale ends, in milliseconds. */
const [LINE_FROM, LINE_TO, SCALE] = [1500, 2000, 3000];

export async function speed({ get }) {
  const load = async () => draw(...await Promise.all([get("/admin/stats"), get("/admin/usage")]));
  return { title: "Speed", node: await load(), every: EVERY, again: load };
}

function draw(stats, usage) {
  const { tutor, latency_ms: latency } = stats;
  const measured = ROWS.filter(([part]) => latency[part].count > 0);
  const degraded = tutor.turns ? tutor.degraded_turns / tutor.turns : 0;
  return h("div", { class: "page" },
    h("div", { class: "head" },
      h("h1", null, "Speed"),
      h("p", { class: "soft small" }, "The last 24 hours, as of ", time(stats.as_of, clock(stats.as_of)), ".")),
    figures(
      ["Spoken turn, 95 of 100 within", milliseconds(latency.spoken.p95), verdict(latency.spoken)],
      ["Turns", number(tutor.turns), `${number(tutor.degraded_turns)} by the built-in voice`],
      ["Built-in voice", tutor.turns ? percent(degraded) : "–", "of turns: no model answered in time"],
      ["Money", usage.models.length ? `≈ ${dollars(usage.estimated_usd)}` : "–",
        `US dollars, ${usage.complete ? "estimated" : "at least: some models have no price"}, for ${number(tutor.prompt_tokens)} tokens in and ${number(tutor.completion_tokens)} out`]),
    h("section", { class: "card", "aria-labelledby": "times" },
      h("h2", { id: "times" }, "Where the time goes"),
      measured.length ? [chart(latency, measured), percentiles(latency)]
        : nothing("No turn in 24 hours", "As soon as somebody talks with Zoe, the times show here.")),
    h("section", { class: "card", "aria-labelledby": "models" },
      h("h2", { id: "models" }, "Models and money"),
      usage.models.length ? models(usage) : nothing("No reply in 24 hours", "Which model spoke, and what it took, will stand here.")));
}

function verdict({ p95 }) {
  if (p95 === null) return "nothing was measured yet";
  if (p95 <= LINE_FROM) return "below the line of 1.5 to 2.0 s";
  return p95 <= LINE_TO ? "within the line of 1.5 to 2.0 s" : "above the line of 1.5 to 2.0 s";
}

/** Half of all values lie left of the dot, 95 of 100 left of the bar's end, 99 left of the thin line's end. */
function chart(latency, rows) {
  const at = (value) => `${Math.min(100, (100 * value) / SCALE)}%`;
  const words = rows.map(([part, name]) => `${name}: half within ${milliseconds(latency[part].p50)}, 95 of 100 within ${milliseconds(latency[part].p95)}`);
  return h("figure", { class: "spans", role: "img", "aria-label": words.join(". "), style: { "--from": at(LINE_FROM), "--to": at(LINE_TO) } },
    rows.map(([part, name]) => h("div", { class: "span" },
      h("span", { class: "name" }, name),
      h("span", { class: "track" },
        h("span", { class: "line" }),
        h("span", { class: "p99", style: { "--share": at(latency[part].p99) } }),
        h("span", { class: "p95", style: { "--share": at(latency[part].p95) } }),
        h("span", { class: "p50", style: { "--share": at(latency[part].p50) } })))),
    h("div", { class: "span axis" }, h("span", { class: "name" }), h("span", { class: "track" },
      [0, 500, 1000, 1500, 2000, 2500, 3000].map((value) => h("span", { class: "tick", style: { "--share": at(value) } }, `${value / 1000} s`)))),
    h("figcaption", { class: "small soft" }, "Dot: half of all. Bar: 95 of 100. Thin line: 99 of 100. Shaded: the 1.5 to 2.0 s in which a person waits gladly."));
}

function percentiles(latency) {
  return table("Percentiles of the last 24 hours", [
    { name: "What", cell: ([, name, note]) => [name, h("span", { class: "soft small" }, ` ${note}`)] },
    { name: "Half within", number: true, cell: ([part]) => milliseconds(latency[part].p50) },
    { name: "95 of 100", number: true, cell: ([part]) => milliseconds(latency[part].p95) },
    { name: "99 of 100", number: true, cell: ([part]) => milliseconds(latency[part].p99) },
    { name: "Measured", number: true, cell: ([part]) => count(latency[part].count, "time") },
  ], ROWS);
}

const OWN_LINES = { built_in: "The built-in voice", prepared: "Openers that lay ready" };

function models(usage) {
  return h("div", { class: "more" },
    table("Models of the last 24 hours", [
      { name: "Model", cell: (row) => OWN_LINES[row.provider] ?? `${row.model} (${row.provider})` },
      { name: "Replies", number: true, cell: (row) => number(row.replies) },
      { name: "Cut short", number: true, cell: (row) => number(row.truncated_replies) },
      { name: "Tokens in", number: true, cell: (row) => number(row.prompt_tokens) },
      { name: "Tokens out", number: true, cell: (row) => number(row.completion_tokens) },
      { name: "Price of a million tokens", number: true, cell: (row) => (row.price ? `$${row.price.prompt.toFixed(2)} in, $${row.price.completion.toFixed(2)} out` : "not known") },
      { name: "About", number: true, cell: (row) => (row.estimated_usd === null ? "–" : dollars(row.estimated_usd)) },
    ], usage.models),
    h("p", { class: "soft small" }, `An estimate: stored replies at list prices of ${longDay(usage.prices.as_of)} (${usage.prices.source}). ` +
      "What a model took that was asked and did not answer is counted with it, by an estimate where it did not say. " +
      "Placement interviews and analyses are not in it. Set ELLA_PRICES for prices of your own."));
}
