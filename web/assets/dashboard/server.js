/** Whether the server is well, and what to do where it is not. */

import { h } from "../shared/dom.js";
import { bytes, clock, count, duration, milliseconds, number } from "../shared/format.js";
import { nothing, table, time } from "../shared/parts.js";

const EVERY = 30000;
const CONDITIONS = { ok: ["good", "well"], warning: ["warn", "look soon"], failing: ["bad", "act now"], off: ["", "off"] };
const SENTENCES = {
  ok: "All is well.",
  warning: "Something wants to be looked at.",
  failing: "Something does not do what it should.",
};

export async function server({ get }) {
  const load = async () => draw(await get("/admin/server"));
  return { title: "Server", node: await load(), every: EVERY, again: load };
}

/** How the backups do as a whole, beside what their parts say. */
const BACKUPS = {
  ok: { condition: "ok", says: "Copies are on this machine and off it." },
  late: { condition: "warning", says: "Something about them is late; the parts say what." },
  failing: { condition: "failing", says: "Something about them fails; the parts say what." },
  local_only: {
    condition: "warning", says: "No copy leaves this machine: with its disk, all would be lost.",
    what_to_do: "Set ELLA_BACKUP_S3 to a bucket elsewhere (docs/operations.md).",
  },
};

/** What whoever looks is told first. A server that is well may still lose everything with its disk. */
function verdict(report) {
  const { condition: is, backups: { status, archive }, database } = report;
  if (is !== "ok" && is !== "off") return [is, SENTENCES[is]];
  if (status === "local_only") return ["warning", "It runs well, but no copy of the data leaves this machine."];
  if (status !== "off") return ["ok", SENTENCES.ok];
  return database.kind === "external" ? ["ok", `It runs well. ${archive.says}`] : ["warning", "It runs well, but nothing is backed up."];
}

/** One card where there are no backups: what each part would say is the same. */
function backupCards({ status, archive, drill, repositories }, { kind }) {
  const is = status === "off" && kind !== "external" ? "warning" : "off";
  if (status === "off") return card("Backups", { ...archive, condition: is }, []);
  return [
    BACKUPS[status] && card("Backups", BACKUPS[status], []),
    card("Archive", archive, [
      ["Last change archived", when(archive.last_archived_at)],
      ["Waiting", archive.waiting_segments > 0 && `${count(archive.waiting_segments, "segment")} for ${duration(archive.waiting_seconds)}`],
      ["Failed tries", archive.failures > 0 && number(archive.failures)],
    ]),
    repositories.map((place) => [
      card(`Backups, ${place.name}`, place, [
        ["Last backup", when(place.last_backup_at)],
        ["It took", place.last_backup_seconds !== null && duration(place.last_backup_seconds)],
        ["Can go back to", when(place.restorable_from)],
        ["Complete up to", when(place.archived_up_to)],
        ["Backups", number(place.backups)],
        ["Size", size(place.repository_bytes)],
        ["Place", place.place],
      ], place.gaps),
      card(`Verification, ${place.name}`, place.verification, [["Last one", when(place.verification.at)]], place.verification.faults),
    ]),
    card("Restore drill", drill, [
      ["Last one", when(drill.last_at)],
      ["Would have lost", drill.loss_seconds !== null && duration(Math.ceil(drill.loss_seconds))],
      ["Back after", drill.recovery_seconds !== null && duration(Math.ceil(drill.recovery_seconds))],
      ["Restored from", drill.repository],
    ]),
  ];
}

function draw(report) {
  const { backups, tutor } = report;
  const [is, sentence] = verdict(report);
  return h("div", { class: "page" },
    h("div", { class: "head" },
      h("h1", null, "Server"),
      h("p", { class: "row" }, condition(is), h("span", null, sentence)),
      h("p", { class: "soft small" }, `Version ${report.version}, up for ${duration(report.uptime_seconds)}, as of `,
        time(report.as_of, clock(report.as_of)), ".")),
    h("ul", { class: "parts" }, worstFirst([
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
      card("Pages on the disk", backups.pages, [
        ["Last looked at", when(backups.pages.last_at)],
        ["It took", backups.pages.seconds !== null && duration(backups.pages.seconds)],
      ], backups.pages.faults),
      backupCards(backups, report.database),
      card("Models", tutor, []),
      tutor.providers.map((provider) => card(provider.model, provider, [["Asked through", provider.name]])),
    ])),
    h("section", { class: "card", "aria-labelledby": "tasks" },
      h("h2", { id: "tasks" }, "What it does by itself"),
      report.tasks.length ? tasks(report.tasks) : nothing("Nothing yet", "The server has only just begun.")));
}

function condition(word) {
  const [colour, words] = CONDITIONS[word] ?? ["", word];
  return h("span", { class: `badge ${colour}` }, words);
}

const size = (value) => (value === null ? null : bytes(value));
const when = (moment) => moment && time(moment);

/** What wants to be looked at stands in front. */
function worstFirst(cards) {
  const rank = ({ is }) => ["failing", "warning", "off", "ok"].indexOf(is);
  return cards.flat(3).filter(Boolean).sort((one, other) => rank(one) - rank(other)).map(({ node }) => node);
}

/** A part of the server and how it is: `facts` are names with values, of which empty ones are left out; `faults` are sentences. */
function card(title, { condition: is, says, what_to_do: todo }, facts, faults = []) {
  const known = facts.filter(([, value]) => value);
  const node = h("li", { class: "card part" },
    h("div", { class: "head" }, h("div", { class: "row" }, h("h2", null, title), condition(is)), h("p", null, says)),
    todo && h("p", { class: `todo ${is}` }, todo),
    faults.length > 0 && h("ul", { class: "bullets small" }, faults.map((fault) => h("li", null, fault))),
    known.length > 0 && h("dl", { class: "facts" }, known.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value)))));
  return { is, node };
}

function tasks(rows) {
  return table("What the server does by itself", [
    { name: "Task", cell: (row) => row.name },
    { name: "State", cell: (row) => condition(row.condition) },
    { name: "Said", cell: (row) => [row.says, row.what_to_do && h("span", { class: "soft small" }, ` ${row.what_to_do}`)] },
    { name: "Last run", cell: (row) => time(row.at) },
  ], rows);
}
