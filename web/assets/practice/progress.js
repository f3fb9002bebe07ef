/** How far the student has come. */

import { days } from "../shared/charts.js";
import { h } from "../shared/dom.js";
import { count, dayOf, duration, inZone, longDay, number } from "../shared/format.js";
import { figures, level, nothing, time } from "../shared/parts.js";

export async function progress({ client, signal }) {
  const found = await inZone((tz) => client.get(`/progress/summary?${new URLSearchParams({ tz })}`, { signal }));
  return { title: "Progress", node: draw(found) };
}

function draw({ zone, answer: summary }) {
  const { current_streak_days: streak, longest_streak_days: longest, level_history: levels } = summary;
  return h("div", { class: "page narrow" },
    h("div", { class: "head" }, h("div", { class: "row" }, h("h1", null, "Your progress"), level(summary.cefr_level)),
      h("p", { class: "lead" }, cheer(streak))),
    summary.total_calls === 0
      ? nothing("Nothing here yet", "After your first talk with Zoe, this page begins to fill.", h("a", { class: "button", href: "#/" }, "Talk with Zoe"))
      : [figures(
        ["Streak", count(streak, "day"), `longest: ${count(longest, "day")}`],
        ["Speaking time", duration(summary.speaking_time_seconds), `in ${count(summary.completed_calls, "completed call")}`],
        ["Words", number(summary.words_spoken), `in ${count(summary.messages_sent, "message")}`]),
      h("section", { class: "card", "aria-labelledby": "thirty" }, h("h2", { id: "thirty" }, "Thirty days"),
        days({
          title: "Calls a day", unit: "calls", zone, rows: summary.last_30_days, value: (row) => row.calls,
          words: (row) => `${count(row.calls, "call")}, ${duration(row.speaking_time_seconds)}`,
          columns: [[`Day (${zone})`, (row) => longDay(row.date)], ["Calls", (row) => number(row.calls)], ["Speaking time", (row) => duration(row.speaking_time_seconds)]],
        }))],
    levels.length > 0 && h("section", { class: "card" }, h("h2", null, "Your levels"),
      h("ol", { class: "steps" }, levels.map((step) => h("li", null, level(step.cefr_level),
        h("span", { class: "soft small" }, time(step.at, dayOf(step.at))))))));
}

function cheer(streak) {
  if (streak === 0) return "A few minutes today are a good beginning.";
  return streak === 1 ? "You have begun. Come back tomorrow!" : `${streak} days in a row. Keep it up!`;
}
