/** Zoe's answers as they come: server-sent events, read off a fetch. */

import { Failure, lost, offline, send } from "../shared/http.js";

/** Milliseconds after which a stream is given up that says nothing, not even the comment that is due every 3 s. */
const SILENCE = 8000;
/** Milliseconds until an answer begins. The server takes two for a turn, and a retry waits until the first is done. */
const PATIENCE = 10000;
/** Milliseconds between tries. When there are none left, it is for the student to say when. */
const PAUSES = [400, 1000, 3000, 8000];
/** Seconds that the server may ask for; who is to wait longer is told instead. */
const LONG = 20;

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
    timer = setTimeout(() => reject(Object.assign(lost(), { wasSilent: true })), SILENCE);
  });
  // A body that breaks off is a connection that was lost.
  const read = reading.catch(() => { throw lost(); });
  return Promise.race([read, silence]).finally(() => clearTimeout(timer));
}

/**
 * Asks Zoe, and asks again a few times when she was not heard: the same words with the same key, so that nothing is said
 * twice. `heard` holds the sentences that an earlier asking has told; those of this one are added.
 *
 * `on.sentence(text)` gets each sentence once, whatever breaks in between; `on.pending(text)` what is there of the next
 * one; `on.whole(reply)` the reply when it is not what was heard: an interview stores nothing, so that another try may be
 * answered with other words; `on.trouble(failure, tryNow)` is told while there is no connection, and `on.trouble(null)` when there is one again.
 * Gives the whole answer.
 */
export async function converse(path, body, { headers, signal, on, heard = [] }) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await once(path, body, { headers, signal, on, heard });
    } catch (failure) {
      on.pending("");
      if (signal?.aborted || !failure.isPassing) throw failure;
      if (attempt >= PAUSES.length || failure.retryAfter > LONG) throw failure;
      if (!failure.isBack) await pause(attempt, failure, signal, on);
    }
  }
}

/**
 * One try. When the network comes back, what was asked before it went is rarely heard of again: it is asked anew at once,
 * by a failure that `isBack`.
 */
async function once(path, body, { headers, signal, on, heard }) {
  const [cancel, ended] = [new AbortController(), new AbortController()];
  let isDoubtful = false;
  const again = () => cancel.abort();
  const hear = (target, event, act) => target?.addEventListener(event, act, { signal: ended.signal });
  hear(signal, "abort", again);
  hear(window, "offline", () => {
    isDoubtful = true;
    on.trouble(offline(), again);
  });
  hear(window, "online", () => { if (isDoubtful) again(); });
  try {
    return await listen(await send("POST", path, {
      headers: { ...headers(), accept: "text/event-stream, application/json;q=0.5" }, body, signal: cancel.signal, patience: PATIENCE,
    }), heard, { ...on, alive: () => { isDoubtful = false; on.trouble(null); } });
  } catch (failure) {
    if (cancel.signal.aborted && !signal?.aborted) throw Object.assign(lost(), { isBack: true });
    again();
    throw failure;
  } finally {
    ended.abort();
  }
}

/** Hears an answer to its end: as a stream, or in one piece from a server that does not stream. */
async function listen(response, heard, on) {
  on.alive();
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    const answer = await withinReason(response.json());
    sayTheRest(answer.reply ?? answer.text, heard, on);
    setRight(answer, heard, on);
    return answer;
  }
  let pending = "";
  for await (const { event, data } of events(response.body)) {
    on.alive();
    const said = JSON.parse(data);
    if (event === "delta" && !heard.length) on.pending((pending += said.text));
    else if (event === "restart") on.pending((pending = ""));
    else if (event === "sentence") {
      on.pending((pending = ""));
      if (said.index < heard.length) continue;
      heard.push(said.text);
      on.sentence(said.text);
    } else if (event === "done") {
      on.pending("");
      setRight(said, heard, on);
      return said;
    } else if (event === "error") throw new Failure(said.detail, { status: said.status, requestId: said.request_id });
  }
  throw lost();
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

/** Waits a little, or until the connection is back, or until somebody wants it now; offline, for one of these two alone. */
function pause(attempt, failure, signal, on) {
  const isOffline = navigator.onLine === false;
  const milliseconds = Math.max((failure.retryAfter ?? 0) * 1000, PAUSES[attempt]);
  return new Promise((resolve, reject) => {
    const end = (settle) => {
      clearTimeout(timer);
      removeEventListener("online", goOn);
      signal?.removeEventListener("abort", stop);
      settle();
    };
    const goOn = () => end(resolve);
    const stop = () => end(() => reject(failure));
    const timer = isOffline ? null : setTimeout(goOn, milliseconds);
    addEventListener("online", goOn);
    signal?.addEventListener("abort", stop);
    // One hiccup is no news, unless it took its time.
    if (attempt > 0 || isOffline || failure.wasSilent) on.trouble(failure, goOn);
  });
}
