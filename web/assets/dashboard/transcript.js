/** One conversation, word for word: corrections in the text, where the time went, and what it was like. */

import { ring } from "../shared/charts.js";
import { h } from "../shared/dom.js";
import { ZONE, count, duration, inWords, milliseconds, number, percent, second, title } from "../shared/format.js";
import { corrected, explanations, level, nothing, time, whole } from "../shared/parts.js";

export async function transcript({ get, query, parameters: [id] }) {
  const found = await get(`/admin/conversations/${id}/transcript`);
  const { conversation, student } = found;
  const node = draw(found);
  return {
    title: `${title(conversation.topic)}, ${student.name ?? "No name"}`,
    node,
    shown: () => point(node, query.get("at")),
  };
}

/** Brings a message to the reader's eyes. */
function point(node, id) {
  const message = id && [...node.querySelectorAll(".message")].find((one) => one.id === `message-${id}`);
  if (!message) return;
  message.classList.add("pointed");
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
  message.scrollIntoView({ block: "center" });
}

function draw({ conversation, student, messages, analysis }) {
  const end = conversation.duration_seconds === null ? "still open" : `lasted ${duration(conversation.duration_seconds)}`;
  return h("div", { class: "page transcript" },
    h("div", { class: "head split" },
      h("div", { class: "head" },
        h("p", { class: "small unprinted" }, h("a", { href: "#/students" }, "Students"), " / ", h("a", { href: `#/students/${student.id}` }, student.name ?? "No name")),
        h("h1", null, title(conversation.topic)),
        h("p", { class: "row" }, h("b", null, student.name ?? "No name"), level(student.cefr_level),
          h("span", { class: "soft" }, time(conversation.started_at), ` · ${end} · ${count(conversation.message_count, "message")}`))),
      h("button", { type: "button", class: "unprinted", onclick: () => print() }, "Print")),
    analysis && summary(conversation, analysis),
    h("section", { class: "card", "aria-labelledby": "said" },
      h("h2", { id: "said" }, "What was said"),
      h("p", { class: "small soft" }, `Times are ${inWords(ZONE)}.`,
        messages.length < conversation.message_count && ` The first ${number(messages.length)} of ${count(conversation.message_count, "message")} stand here.`),
      messages.length ? [legend(messages), h("ol", { class: "messages" }, messages.map((message, index) =>
        line(message, messages[index - 1], student)))]
        : nothing("Nobody has said anything yet", "Only the call was started.")));
}

function line(message, before, student) {
  const isStudents = message.role === "user";
  return h("li", { id: `message-${message.id}`, class: `message ${isStudents ? "students" : "zoes"}` },
    h("p", { class: "by" }, h("b", null, isStudents ? (student.name ?? "Student") : "Zoe"), " ",
      h("span", { class: "soft small" }, time(message.created_at, second(message.created_at))), marks(message.engine)),
    h("p", { class: "words" }, corrected(message.content, message.corrections)),
    message.corrections.length > 0 && explanations(message.content, message.corrections, { withCodes: true }),
    !isStudents && bar(message, before));
}

function marks(engine) {
  if (!engine) return null;
  return [
    engine.degraded && h("span", { class: "badge warn", title: "No model answered in time" }, "built-in voice"),
    engine.truncated && h("span", { class: "badge warn", title: "The model broke off after its first sentence" }, "cut short"),
  ];
}

/** The three parts of a spoken turn, with their names and colours. */
const PARTS = [["stt", "speech to text"], ["llm", "model"], ["tts", "text to speech"]];

function legend(messages) {
  if (!messages.some((message) => message.latency_ms.llm !== null)) return null;
  return h("p", { class: "legend small soft unprinted" }, "Where a turn’s time went: ",
    PARTS.map(([part, name]) => h("span", { class: `key ${part}` }, name)),
    h("span", null, "The server’s own work is not in it; under Speed, a spoken turn has it."));
}

/**
 * Where the time of a turn went. The scale ends at three seconds. The sum is of these parts alone: it is not called
 * spoken, which also has the server's own work in it and is measured only where all three parts are known.
 */
function bar(reply, before) {
  const stt = before?.role === "user" ? before.latency_ms.stt : null;
  const times = { stt, llm: reply.latency_ms.llm, tts: reply.latency_ms.tts };
  const known = PARTS.filter(([part]) => times[part] !== null);
  if (!known.length) return null;
  const all = known.reduce((sum, [part]) => sum + times[part], 0);
  const words = known.map(([part, name], index) => [index > 0 && " · ", whole(`${name} ${milliseconds(times[part])}`)]);
  return h("p", { class: "time small soft unprinted", title: reply.engine ? `${reply.engine.provider} ${reply.engine.model}` : null },
    h("span", { class: "bar", "aria-hidden": "true" }, known.map(([part]) =>
      h("span", { class: part, style: { "--share": `${Math.min(100, times[part] / 30)}%` } }))),
    h("span", null, words, known.length > 1 && [" · ", whole(`these parts together ${milliseconds(all)}`)]));
}

function summary(conversation, analysis) {
  const { courage } = analysis;
  const facts = [
    ["Share of the words", percent(courage.speaking_share)],
    ["Words a turn", courage.words_per_turn.toFixed(1)],
    ["Longest turn", count(courage.longest_turn_words, "word")],
    ["Questions asked", number(courage.questions_asked)],
    ["Went on after a correction", count(courage.recoveries, "time")],
  ];
  return h("section", { class: "card analysis", "aria-labelledby": "analysis" },
    h("h2", { id: "analysis" }, "Looking back"),
    h("div", { class: "courage" },
      h("div", { class: "score" }, ring(courage.score, `Courage: ${courage.score} of 100`), h("span", { class: "small soft", "aria-hidden": "true" }, "courage, of 100")),
      h("div", { class: "head" }, h("p", { class: "summary" }, analysis.summary),
        h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value)))))),
    analysis.best_moments.length > 0 && [h("h3", null, "Best moments"),
      h("ul", { class: "moments" }, analysis.best_moments.map((best) => h("li", null,
        h("a", { href: `#/conversations/${conversation.id}?at=${best.message_id}` }, h("q", null, best.quote)),
        h("span", { class: "soft" }, ` ${best.why}`))))],
    analysis.next_steps.length > 0 && [h("h3", null, "Next steps"),
      h("ul", { class: "bullets" }, analysis.next_steps.map((step) => h("li", null, step)))]);
}
