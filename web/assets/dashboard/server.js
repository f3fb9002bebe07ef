/** Whether the server is well, and what to do where it is not. */

import { h } from "../shared/dom.js";
import { bytes, clock, count, duration, milliseconds, number } from "../shared/format.js";
import { nothing, table, time } from "../shared/parts.js";

const EVERY = 30000;
const CONDITIONS = { ok: ["good", "well"], warning: ["warn", "look soon"], failing: ["bad", "act now"], off: ["", "off"] };
const SENTENCES = {
  ok: "All is well.",
  off: "Nothing is wanted of it.",
  warning: "Something wants to be looked at.",
  failing: "Something does not do what it should.",
};

/** What is missing though nothing is broken: a lost machine, or a lost disk, would take what was said with it. */
const UNSAFE = {
  off: ["no backups", "The server runs, but Ella makes no backups.", null],
  local_only: ["on this machine only", "The server runs, but its backups lie on the machine that they are to outlive.",
    "Set ELLA_BACKUP_S3 to a place off the machine: they are copied there too."],
};

export async function server({ get }) {
  const load = async () => draw(await get("/admin/server"));
  return { title: "Server", node: await load(), every: EVERY, again: load };
}

function draw(report) {
  const { backups, tutor } = report;
  const isWell = report.condition === "ok" || report.condition === "off";
  const unsafe = isWell ? UNSAFE[backups.status] : undefined;
  return h("div", { class: "page" },
    h("div", { class: "head" },
      h("h1", null, "Server"),
      h("p", { class: "row" }, unsafe ? [h("span", { class: "badge warn" }, unsafe[0]), h("span", null, unsafe[1])]
        : [condition(report.condition), h("span", null, SENTENCES[report.condition])]),
      h("p", { class: "soft small" }, `Version ${report.version}, up for ${duration(report.uptime_seconds)}, as of `,
        time(report.as_of, clock(report.as_of)), ".")),
    h("ul", { class: "parts" },
      card("Database", report.database, [
        ["Kind", report.database.kind],
        ["Answers in", milliseconds(report.database.latency_ms)],
      ]),
      card("Connections", report.pool, []),
      card("Disk", backups.disk, [
        ["Free", size(backups.disk.free_bytes)],
        ["In all", size(backups.disk.total_bytes)],
        ["Changes kept (WAL)", size(backups.disk.wal_bytes)],
        ["New things are stored", backups.disk.writes_refused ? "not now" : "yes"],
      ]),
      card("Archive", backups.archive, [
        ["Last change archived", when(backups.archive.last_archived_at)],
        ["Waiting", backups.archive.waiting_segments > 0 &&
          `${count(backups.archive.waiting_segments, "segment")} for ${duration(backups.archive.waiting_seconds)}`],
        ["Failed tries", backups.archive.failures > 0 && number(backups.archive.failures)],
      ]),
      backups.repositories.length === 0 && card("Backups", backups.archive, []),
      backups.status === "local_only" && card("Off the machine", { condition: "off", says: UNSAFE.local_only[1], what_to_do: UNSAFE.local_only[2] }, []),
      backups.repositories.map((place) => [
        card(`Backups, ${place.name}`, place, [
          ["Last backup", when(place.last_backup_at)],
          ["It took", place.last_backup_seconds !== null && duration(place.last_backup_seconds)],
          ["Anything since", when(place.restorable_from)],
          ["Up to", when(place.archived_up_to)],
          ["Backups", number(place.backups)],
          ["Size", size(place.repository_bytes)],
          ["Place", place.place],
        ], place.gaps),
        card(`Verification, ${place.name}`, place.verification, [["Last one", when(place.verification.at)]], place.verification.faults),
      ]),
      card("Restore drill", backups.drill, [
        ["Last one", when(backups.drill.last_at)],
        ["Would have lost", backups.drill.loss_seconds !== null && duration(Math.ceil(backups.drill.loss_seconds))],
        ["Back after", backups.drill.recovery_seconds !== null && duration(Math.ceil(backups.drill.recovery_seconds))],
        ["Restored from", backups.drill.repository],
      ]),
      tutor.providers.length
        ? tutor.providers.map((provider) => card(provider.model, provider, [["Asked through", provider.name]]))
        : card("Models", { what_to_do: "Set ELLA_LLM to a language model for real conversations.", ...stripped(tutor) }, [])),
    h("section", { class: "card", "aria-labelledby": "tasks" },
      h("h2", { id: "tasks" }, "What it does by itself"),
      report.tasks.length ? tasks(report.tasks) : nothing("Nothing yet", "The server has only just begun.")));
}

/** A finding without its empty advice, so that one of ours can stand in its place. */
function stripped({ condition: is, says, what_to_do: todo }) {
  return todo ? { condition: is, says, what_to_do: todo } : { condition: is, says };
}

function condition(word) {
  const [colour, words] = CONDITIONS[word] ?? ["", word];
  return h("span", { class: `badge ${colour}` }, words);
}

const size = (value) => (value === null ? null : bytes(value));
const when = (moment) => moment && time(moment);

/** A part of the server: `facts` are names with values, of which empty ones are left out; `faults` are sentences. */
function card(title, { condition: is, says, what_to_do: todo }, facts, faults = []) {
  const known = facts.filter(([, value]) => value);
  return h("li", { class: "card part" },
    h("div", { class: "head" }, h("div", { class: "row" }, h("h2", null, title), condition(is)), h("p", null, says)),
    todo && h("p", { class: `todo ${is}` }, todo),
    faults.length > 0 && h("ul", { class: "bullets small" }, faults.map((fault) => h("li", null, fault))),
    known.length > 0 && h("dl", { class: "facts" }, known.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value)))));
}

function tasks(rows) {
  return table("What the server does by itself", [
    { name: "Task", cell: (row) => row.name },
    { name: "State", cell: (row) => condition(row.condition) },
    { name: "Said", cell: (row) => [row.says, row.what_to_do && h("span", { class: "soft small" }, ` ${row.what_to_do}`)] },
    { name: "Last run", cell: (row) => time(row.at) },
  ], rows);
}
