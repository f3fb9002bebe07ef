/** Whether the server is well, and what to do where it is not. */

import { h } from "../shared/dom.js";
import { bytes, clock, duration, milliseconds, moment, number } from "../shared/format.js";

const EVERY = 30000;
const PARTS = [
  ["database", "Database", "PostgreSQL, where everything is kept"],
  ["pool", "Connections", "to the database"],
  ["disk", "Disk", "under the data folder"],
  ["archive", "Archive", "of every change, off the database"],
  ["backups", "Backups", "from which everything can be brought back"],
  ["verification", "Verification", "of what the backups hold"],
  ["drill", "Restore drill", "a real recovery, on the side"],
];
const CONDITIONS = { ok: ["good", "well"], attention: ["warn", "look soon"], failing: ["bad", "act now"], off: ["", "off"] };

export async function server({ get }) {
  const load = async () => {
    const health = healthOf();
    try {
      return draw(await get("/admin/server"), await health);
    } catch (failure) {
      // A server of an earlier version: what is public says enough to begin with.
      if (failure.status === 404) return draw(fromHealth(await health), await health);
      throw failure;
    }
  };
  return { title: "Server", node: await load(), every: EVERY, again: load };
}

/** `/health` answers 503 when the server is down, with the same content. */
async function healthOf() {
  const response = await fetch("/health", { cache: "no-store", credentials: "omit" }).catch(() => null);
  return response?.json().catch(() => null) ?? null;
}

function draw(parts, health) {
  const providers = parts.providers ?? [];
  const all = [...PARTS.map(([name]) => parts[name]).filter(Boolean), ...providers];
  const worst = ["failing", "attention"].find((condition) => all.some((part) => part.condition === condition)) ?? "ok";
  const sentence = { ok: "All is well.", attention: "Something wants to be looked at.", failing: "Something is failing." }[worst];
  return h("div", { class: "page" },
    h("div", { class: "head" },
      h("h1", null, "Server"),
      h("p", { class: "row" }, condition(worst), h("span", null, sentence)),
      health && h("p", { class: "soft small" }, `Version ${health.version}, up for ${duration(health.uptime_seconds)}, as of ${clock(new Date())}.`)),
    h("ul", { class: "parts" },
      PARTS.filter(([name]) => parts[name]).map(([name, title, about]) => card(title, about, parts[name])),
      providers.map((provider) => card(provider.model ?? provider.name, `asked through ${provider.name}`, provider, ["name", "model"])),
      providers.length === 0 && card("Models", "that speak for Zoe", {
        condition: "off", what_to_do: "Zoe speaks with her built-in voice. Set ELLA_LLM to a language model for real conversations.",
      })),
    parts.isShort && h("p", { class: "soft small" }, "This server does not tell more than /health does."));
}

function condition(word) {
  const [colour, words] = CONDITIONS[word] ?? ["", word];
  return h("span", { class: `badge ${colour}` }, words);
}

function card(title, about, part, hidden = []) {
  const facts = Object.entries(part).filter(([name, value]) =>
    !["condition", "what_to_do", ...hidden].includes(name) && value !== null && typeof value !== "object");
  return h("li", { class: "card part" },
    h("div", { class: "head" }, h("div", { class: "row" }, h("h2", null, title), condition(part.condition)), h("p", { class: "soft small" }, about)),
    part.what_to_do && h("p", { class: `todo ${part.condition}` }, part.what_to_do),
    facts.length > 0 && h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", null, h("dt", null, words(name)), h("dd", null, shown(name, value))))));
}

/** `last_backup_at` as "last backup". */
function words(name) {
  const text = name.replace(/_(at|seconds|bytes|ms|percent)$/, "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function shown(name, value) {
  if (name.endsWith("_at")) return h("time", { datetime: value }, moment(value));
  if (name.endsWith("_seconds")) return duration(value);
  if (name.endsWith("_bytes")) return bytes(value);
  if (name.endsWith("_ms")) return milliseconds(value);
  if (name.endsWith("_percent")) return `${value} %`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? number(value) : String(value);
}

/** As much of the answer as `/health` knows. */
function fromHealth(health) {
  if (!health) return { isShort: true, providers: [] };
  const { database, backups, tutor } = health;
  const BACKUPS = {
    ok: ["ok", null],
    local_only: ["attention", "The backups lie on this machine alone. Set ELLA_BACKUP_S3 to a bucket elsewhere."],
    late: ["attention", "The last backup is late; the log says why."],
    failing: ["failing", "Backups fail; the log says why."],
    off: ["off", "Backups are off. What is lost on this machine is lost."],
  };
  const [how, todo] = BACKUPS[backups.status] ?? ["attention", null];
  const { status, ...times } = backups;
  return {
    isShort: true,
    database: {
      condition: database.status === "ok" ? "ok" : "failing",
      what_to_do: database.status === "ok" ? null : "The database does not answer; the log says why.",
      latency_ms: database.latency_ms,
    },
    backups: { condition: how, what_to_do: todo, ...times },
    providers: tutor.providers.map((provider) => ({
      ...provider,
      condition: { ok: "ok", failing: "failing" }[provider.state] ?? "off",
      what_to_do: provider.state === "failing" ? "Its last calls failed. Look at its status page, and at the key." : null,
    })),
  };
}
