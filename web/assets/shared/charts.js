/** Charts, drawn with little: columns for days, bars for shares, a ring for a score. Each can be read as a table. */

import { h, svg } from "./dom.js";
import { day, inWords, number } from "./format.js";

/** The first round number (1, 2 or 5 times a power of ten, and even) that is no smaller. */
export function roundUp(value) {
  if (value <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value);
}

/**
 * Days as columns, oldest first: rows of `{ date }`, `value` tells how high, in which `unit`, `words` what it says. The
 * days are counted in `zone`, and `note` says how. `columns` names the columns of the same as a table.
 */
export function days({ title, unit, zone, rows, value, words, columns, note }) {
  const top = roundUp(Math.max(...rows.map(value), 0));
  const total = rows.reduce((sum, row) => sum + value(row), 0);
  const [first, last] = [rows[0].date, rows[rows.length - 1].date];
  const highest = Math.max(...rows.map(value));
  const label = `${title}, ${day(first)} to ${day(last)} (${zone}): highest ${number(highest)} ${unit}, ${number(total)} ${unit} in all`;
  return h("figure", null,
    h("p", { class: "small soft unit", "aria-hidden": "true" }, `${unit} a day`),
    h("div", { class: "columns", role: "img", "aria-label": label },
      h("div", { class: "scale" }, h("span", null, number(top)), h("span", null, number(top / 2)), h("span", null, "0")),
      h("div", { class: "plot" }, rows.map((row, index) =>
        h("span", {
          class: index === rows.length - 1 ? "column today" : "column",
          title: `${day(row.date)}: ${words(row)}`,
          style: { "--share": `${(100 * value(row)) / top}%` },
        }))),
      h("div", { class: "dates" }, [0, 10, 20, 29].map((index) => h("span", null, rows[index] ? day(rows[index].date) : "")))),
    h("p", { class: "small soft" }, `Days are ${inWords(zone)}.`, note && ` ${note}`),
    h("details", { class: "unprinted" }, h("summary", null, "As a table"),
      h("table", null, h("caption", { class: "unseen" }, title),
        h("thead", null, h("tr", null, columns.map(([name]) => h("th", { scope: "col" }, name)))),
        h("tbody", null, [...rows].reverse().map((row) => h("tr", null, columns.map(([, cell], index) =>
          (index === 0 ? h("th", { scope: "row" }, cell(row)) : h("td", null, cell(row))))))))));
}

/** A share as a bar. */
export function meter(share) {
  return h("div", { class: "meter", "aria-hidden": "true" },
    h("span", { style: { "--share": `${Math.round(100 * Math.min(1, Math.max(0, share)))}%` } }));
}

/** A score from 0 to 100 as a ring. */
export function ring(score, label) {
  const around = 2 * Math.PI * 42;
  return svg("svg", { class: "ring", viewBox: "0 0 100 100", role: "img", "aria-label": label },
    svg("circle", { cx: 50, cy: 50, r: 42, class: "rail" }),
    svg("circle", {
      cx: 50, cy: 50, r: 42, class: "arc", transform: "rotate(-90 50 50)",
      "stroke-dasharray": `${(around * score) / 100} ${around}`,
    }),
    svg("text", { x: 50, y: 58, "text-anchor": "middle" }, String(score)));
}
