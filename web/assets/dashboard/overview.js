/** The class at a glance. */

import { days, meter } from "../shared/charts.js";
import { h } from "../shared/dom.js";
import { clock, count, duration, longDay, number, title } from "../shared/format.js";
import { figures, level, nothing, table, time, whole } from "../shared/parts.js";

const EVERY = 60000;

export async function overview({ get }) {
  const load = async () => draw(await get("/admin/stats"));
  return { title: "Overview", node: await load(), every: EVERY, again: load };
}

function draw(stats) {
  const { students, conversations } = stats;
  return h("div", { class: "page" },
    h("div", { class: "head" },
      h("h1", null, "Overview"),
      h("p", { class: "soft small" }, "As of ", time(stats.as_of, clock(stats.as_of)), ". Fresh every minute.")),
    figures(
      ["Students", number(students.total),
        ["active: ", whole(`${number(students.active_today)} today (UTC)`), " · ", whole(`${number(students.active_7_days)} in 7 days`),
          " · ", whole(`${number(students.active_30_days)} in 30 days`)]],
      ["Conversations", number(conversations.total), `${number(conversations.active)} open, ${number(conversations.completed)} completed`],
      ["Speaking time", duration(conversations.speaking_time_seconds), "in completed conversations"],
      ["Messages", number(stats.messages.total), "the students’ and Zoe’s"]),
    h("div", { class: "pair" },
      h("section", { class: "card", "aria-labelledby": "thirty" },
        h("h2", { id: "thirty" }, "Conversations in thirty days"),
        days({
          title: "Conversations a day", unit: "conversations", zone: "UTC", rows: stats.last_30_days, value: (row) => row.conversations,
          words: (row) => `${count(row.conversations, "conversation")}, ${count(row.students, "student")}`,
          columns: [["Day (UTC)", (row) => longDay(row.date)], ["Conversations", (row) => number(row.conversations)],
            ["Students", (row) => number(row.students)], ["Messages", (row) => number(row.messages)]],
        })),
      h("section", { class: "card", "aria-labelledby": "levels" },
        h("h2", { id: "levels" }, "Levels"), h("p", { class: "small soft" }, "Students at each level"), levels(students))),
    h("section", { class: "card", "aria-labelledby": "latest" },
      h("h2", { id: "latest" }, "Latest conversations"),
      stats.recent_conversations.length ? latest(stats.recent_conversations) : nothing("Nobody has talked yet",
        "As soon as a student says hello to Zoe, it shows here.", h("a", { class: "button", href: "/practice" }, "Try it yourself"))));
}

function levels({ by_level: byLevel, total }) {
  return h("ul", { class: "levels" }, Object.entries(byLevel).map(([name, students]) =>
    h("li", null, level(name === "unplaced" ? null : name), meter(total ? students / total : 0),
      h("span", { class: "number" }, number(students), h("span", { class: "unseen" }, students === 1 ? " student" : " students")))));
}

function latest(rows) {
  return table("The latest conversations, newest first", [
    { name: "Conversation", cell: (row) => h("a", { href: `#/conversations/${row.id}` }, title(row.topic)) },
    { name: "Student", cell: (row) => h("a", { href: `#/students/${row.user_id}` }, row.name ?? "No name") },
    { name: "Messages", number: true, cell: (row) => number(row.message_count) },
    { name: "State", cell: (row) => (row.status === "active" ? h("span", { class: "badge good" }, "open") : h("span", { class: "badge" }, "completed")) },
    { name: "Started", cell: (row) => time(row.started_at) },
  ], rows);
}
