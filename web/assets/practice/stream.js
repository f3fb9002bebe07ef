/** Zoe's answers as they come: server-sent events, read off a fetch. */

import { Failure, lost, send } from "../shared/http.js";

/** Milliseconds after which a stream that says nothing is given up. */
const SILENCE = 25000;
/** Milliseconds between tries, the last one again and again. */
const PAUSES = [400, 1000, 2000, 4000, 8000];

/** The events of a body: `{ event, data }`, as the HTML standard reads them. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let [rest, event, data] = ["", "message", []];
  try {
    for (;;) {
      const { value, done } = await withinReason(reader.read());
      if (done) return;
      // A lone CR at the end may be half of a CR LF.
      const text = rest + value;
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (data.length) yield { event, data: data.join("\n") };
          [event, data] = ["message", []];
          continue;
        }
        const [, name, content] = /^([^:]*):? ?([^]*)$/.exec(line);
        if (name === "event") event = content;
        else if (name === "data") data.push(content);
      }
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

function withinReason(reading) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(lost()), SILENCE);
  });
  // A body that breaks off is a connection that was lost.
  const read = reading.catch(() => { throw lost(); });
  return Promise.race([read, silence]).finally(() => clearTimeout(timer));
}

/**
 * Asks Zoe, and asks again until she was heard: the same words with the same key, so that nothing is said twice.
 *
 * `on.sentence(text)` gets each sentence once, whatever breaks in between; `on.pending(text)` what is there of the next
 * one; `on.whole(reply)` the reply when it is not what was heard: an interview stores nothing, so that another try may be
 * answered with other words; `on.trouble(failure, tryNow)` is told while there is no connection, and `on.trouble(null)` when there is one again.
 * Gives the whole answer.
 */
export async function converse(path, body, { headers, signal, on }) {
  const heard = [];
  for (let attempt = 0; ; attempt++) {
    let pending = "";
    const take = (index, text) => {
      pending = "";
      on.pending("");
      if (index < heard.length) return;
      heard.push(text);
      on.sentence(text);
    };
    try {
      const response = await send("POST", path, { headers: { ...headers(), accept: "text/event-stream, application/json;q=0.5" }, body, signal });
      on.trouble(null);
      if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
        const answer = await response.json().catch(() => { throw lost(); });
        sayTheRest(answer.reply ?? answer.text, heard, on);
        setRight(answer, heard, on);
        return answer;
      }
      for await (const { event, data } of events(response.body)) {
        const said = JSON.parse(data);
        if (event === "delta" && !heard.length) on.pending((pending += said.text));
        else if (event === "restart") on.pending((pending = ""));
        else if (event === "sentence") take(said.index, said.text);
        else if (event === "done") {
          on.pending("");
          setRight(said, heard, on);
          return said;
        } else if (event === "error") throw new Failure(said.detail, { status: said.status, requestId: said.request_id });
      }
      throw lost();
    } catch (failure) {
      if (signal?.aborted || !failure.isPassing) throw failure;
      on.pending("");
      await pause(attempt, failure, signal, on);
    }
  }
}

/** An answer in one piece: what was not heard of it yet, sentence by sentence. */
function sayTheRest(reply, heard, on) {
  const before = heard.join(" ");
  const rest = reply.startsWith(before) ? reply.slice(before.length).trim() : "";
  for (const text of sentences(rest)) {
    heard.push(text);
    on.sentence(text);
  }
}

/** What stands there in the end is the reply. */
function setRight({ reply, text }, heard, on) {
  const whole = reply ?? text;
  if (whole && whole !== heard.join(" ")) on.whole(whole);
}

/** A text cut into sentences. */
export function sentences(text) {
  if (!text) return [];
  if (!Intl.Segmenter) return [text];
  return [...new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)].map((part) => part.segment.trim()).filter(Boolean);
}

/** Waits a little, or until the connection is back, or until somebody wants it now. */
function pause(attempt, failure, signal, on) {
  const least = failure.retryAfter ? failure.retryAfter * 1000 : 0;
  const milliseconds = Math.max(least, PAUSES[Math.min(attempt, PAUSES.length - 1)]);
  return new Promise((resolve, reject) => {
    const end = (settle) => {
      clearTimeout(timer);
      removeEventListener("online", goOn);
      signal?.removeEventListener("abort", stop);
      settle();
    };
    const goOn = () => end(resolve);
    const stop = () => end(() => reject(failure));
    const timer = setTimeout(goOn, milliseconds);
    addEventListener("online", goOn);
    signal?.addEventListener("abort", stop);
    // One hiccup is no news.
    if (attempt > 0 || navigator.onLine === false) on.trouble(failure, goOn);
  });
}
