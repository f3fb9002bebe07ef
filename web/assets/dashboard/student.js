/** One student: profile, progress, placement tests, conversations. */

import { days } from "../shared/charts.js";
import { h } from "../shared/dom.js";
import { count, dayOf, duration, inZone, longDay, number, percent, title, utcDay } from "../shared/format.js";
import { failed, figures, level, nothing, table, time, waiting } from "../shared/parts.js";

const CATEGORIES = ["grammar", "vocab", "fluency", "spelling", "pronunciation"];

export async function student({ get, parameters: [id] }) {
  const place = `/admin/students/${id}`;
  const [who, first] = await Promise.all([
    inZone((tz) => get(`${place}?${new URLSearchParams({ tz })}`)),
    get(`${place}/conversations`),
  ]);
  return { title: who.answer.name ?? "No name", node: draw(who, first, get) };
}

function draw({ zone, answer: who }, first, get) {
  const { progress } = who;
  const facts = [
    who.age !== null && `${who.age} years old`,
    who.location,
    `joined ${dayOf(who.created_at)}`,
    who.last_active_on && `last active ${utcDay(who.last_active_on)}`,
  ].filter(Boolean);
  const focus = Object.entries(who.settings.focus).filter(([, on]) => on).map(([name]) => name);
  return h("div", { class: "page" },
    h("div", { class: "head" },
      h("p", { class: "small" }, h("a", { href: "#/students" }, "All students")),
      h("div", { class: "row" }, h("h1", null, who.name ?? "No name"), level(who.cefr_level)),
      h("p", { class: "soft" }, facts.join(" · ")),
      h("p", { class: "soft small" }, `Focus: ${focus.join(", ") || "none"}`, " · id ", h("code", null, who.id))),
    figures(
      ["Streak", count(progress.current_streak_days, "day"), `longest: ${count(progress.longest_streak_days, "day")}`],
      ["Conversations", number(progress.total_calls), `${number(progress.completed_calls)} completed`],
      ["Speaking time", duration(progress.speaking_time_seconds), "in completed conversations"],
      ["Words", number(progress.words_spoken), `in ${count(progress.messages_sent, "message")}`]),
    h("div", { class: "pair" },
      h("section", { class: "card", "aria-labelledby": "thirty" },
        h("h2", { id: "thirty" }, "Thirty days"),
        days({
          title: "Minutes of speaking a day", unit: "minutes of speaking", zone, rows: progress.last_30_days, value: (row) => row.speaking_time_seconds / 60,
          words: (row) => `${duration(row.speaking_time_seconds)} in ${count(row.calls, "conversation")}`,
          note: "A conversation counts on the day on which it began.",
          columns: [[`Day (${zone})`, (row) => longDay(row.date)], ["Conversations", (row) => number(row.calls)],
            ["Speaking time", (row) => duration(row.speaking_time_seconds)]],
        })),
      h("section", { class: "card", "aria-labelledby": "corrected" },
        h("h2", { id: "corrected" }, "What was corrected"), corrections(progress.corrections, progress.messages_sent))),
    h("section", { class: "card", "aria-labelledby": "levels" },
      h("h2", { id: "levels" }, "Level and placement tests"), history(progress.level_history), placements(who, get)),
    h("section", { class: "card", "aria-labelledby": "conversations" },
      h("h2", { id: "conversations" }, "Conversations"), conversations(who, first, get)));
}

function corrections(counts, messages) {
  const most = Math.max(1, ...CATEGORIES.map((name) => counts[name]));
  return h("div", null,
    h("ul", { class: "levels wide" }, CATEGORIES.map((name) => h("li", null, h("span", null, name),
      h("div", { class: "meter", "aria-hidden": "true" }, h("span", { style: { "--share": `${(100 * counts[name]) / most}%` } })),
      h("span", { class: "number" }, number(counts[name]))))),
    h("p", { class: "soft small" }, `Corrections in ${count(messages, "message")} of the student’s.`));
}

function history(levels) {
  if (!levels.length) return h("p", { class: "soft" }, "No placement test yet.");
  return h("ol", { class: "steps" }, levels.map((step) =>
    h("li", null, level(step.cefr_level), h("span", { class: "soft small" }, time(step.at, dayOf(step.at))))));
}

/** The tests with their transcripts, read when they are opened. */
function placements(who, get) {
  if (!who.placements.total) return null;
  const { latest, total } = who.placements;
  const inside = h("div", { class: "placements" });
  const load = async () => {
    inside.replaceChildren(waiting(true));
    try {
      const { placements: all } = await get(`/admin/placements/${who.id}/transcript`);
      const are = all.length < total && h("p", { class: "soft small" }, `The newest ${number(all.length)} of ${number(total)} stand here.`);
      inside.replaceChildren(...[are, ...all.map(placement)].filter(Boolean));
    } catch (failure) {
      inside.replaceChildren(failed(failure, load));
    }
  };
  const details = h("details", { ontoggle: () => { if (details.open && !inside.hasChildNodes()) load(); } },
    h("summary", null, `Read ${count(total, "placement test")}`), inside);
  return h("div", { class: "again" },
    h("p", { class: "soft small" }, `The last one: ${latest.cefr_level}, ${percent(latest.confidence)} sure, ${count(latest.turn_count, "turn")}.`),
    details);
}

function placement(test) {
  const scores = Object.entries(test.scores ?? {}).filter(([, score]) => score !== null)
    .map(([name, score]) => `${name} ${percent(score)}`).join(" · ");
  return h("article", { class: "placement" },
    h("h3", null, level(test.cefr_level), " ", time(test.created_at)),
    h("p", { class: "soft small" }, [`${percent(test.confidence)} sure`, scores,
      test.duration_seconds !== null && `took ${duration(test.duration_seconds)}`].filter(Boolean).join(" · ")),
    h("ol", { class: "said" }, test.transcript.map((turn) =>
      h("li", null, h("b", null, turn.role === "user" ? "Student" : "Zoe"), h("span", null, turn.content)))));
}

/** The conversations, twenty at a time. */
function conversations(who, first, get) {
  if (!first.items.length) return nothing("No conversation yet", "What this student and Zoe talk about will stand here.");
  const draw = (rows) => table("Conversations, newest first", [
    { name: "Conversation", cell: (row) => h("a", { href: `#/conversations/${row.id}` }, title(row.topic)) },
    { name: "Started", cell: (row) => time(row.started_at) },
    { name: "Length", number: true, cell: (row) => (row.duration_seconds === null ? h("span", { class: "badge good" }, "open") : duration(row.duration_seconds)) },
    { name: "Messages", number: true, cell: (row) => number(row.message_count) },
    { name: "Words", number: true, cell: (row) => number(row.words_spoken) },
    { name: "Corrections", number: true, cell: (row) => number(CATEGORIES.reduce((sum, name) => sum + row.corrections[name], 0)) },
  ], rows);
  const box = h("div", { class: "more" });
  const show = (rows, next) => {
    const word = h("span", { class: "small soft", role: "status" });
    const button = next && h("button", { type: "button", onclick: async () => {
      button.disabled = true;
      try {
        const page = await get(`/admin/students/${who.id}/conversations?${new URLSearchParams({ cursor: next })}`);
        show([...rows, ...page.items], page.next_cursor);
        box.querySelectorAll("tbody a")[rows.length]?.focus();
      } catch (failure) {
        button.disabled = false;
        word.textContent = failure.message;
      }
    } }, "Show more");
    box.replaceChildren(draw(rows), ...(button ? [h("div", { class: "row" }, button, word)] : []));
  };
  show(first.items, first.next_cursor);
  return box;
}
