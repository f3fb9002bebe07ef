/** Zoe's answers as they come: server-sent events, read off a fetch. */

import { Failure, lost, send } from "../shared/http.js";

/**
 * Milliseconds after which a line that brings nothing is taken for dead. The server sends at least a comment every 3 s;
 * what waits for its head waits for one sentence, which is there in 2 s.
 */
const SILENCE = 10000;
/** Milliseconds between tries. When they are used up, a person decides, or a network that comes back. */
const PAUSES = [400, 1000, 2000, 4000];
/** One hiccup is no news, unless somebody has waited so many milliseconds for it. */
const NEWS = 3000;

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
 * Asks Zoe, and asks again a few times until she was heard: the same words with the same key, so that nothing is said
 * twice. `heard` holds the sentences that were heard; whoever tries again later gives the same list.
 *
 * `on.sentence(text)` gets each sentence once, whatever breaks in between; `on.pending(text)` what is there of the next
 * one; `on.whole(reply)` the reply when it is not what was heard: an interview stores nothing, so that another try may be
 * answered with other words; `on.trouble(failure, tryNow)` is told while there is no connection, and `on.trouble(null)` when there is one again.
 * Gives the whole answer.
 */
export async function converse(path, body, { headers, signal, on, heard = [] }) {
  for (let attempt = 0; ; attempt++) {
    const began = performance.now();
    const line = whileOnline(signal);
    try {
      return await once(path, body, { headers, signal: line.signal, on, heard });
    } catch (error) {
      if (signal?.aborted) throw error;
      const failure = error instanceof Failure ? error : lost();
      on.pending("");
      if (!failure.isPassing || attempt >= PAUSES.length) throw failure;
      await pause(PAUSES[attempt], failure, signal, (tryNow) => {
        // A line that went away is told at once.
        if (attempt > 0 || navigator.onLine === false || performance.now() - began > NEWS) on.trouble(failure, tryNow);
      });
    } finally {
      line.forget();
    }
  }
}

/** One try. */
async function once(path, body, { headers, signal, on, heard }) {
  let pending = "";
  const take = (index, text) => {
    pending = "";
    on.pending("");
    if (index < heard.length) return;
    heard.push(text);
    on.sentence(text);
  };
  const accept = "text/event-stream, application/json;q=0.5";
  const response = await send("POST", path, { headers: { ...headers(), accept }, body, signal, patience: SILENCE });
  on.trouble(null);
  if (!(response.headers.get("content-type") ?? "").startsWith("text/event-stream")) {
    const answer = await withinReason(response.json());
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
}

/** A signal that also ends what is under way when the device says that its network is gone. */
function whileOnline(signal) {
  const cancel = new AbortController();
  const stop = () => cancel.abort();
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop);
  addEventListener("offline", stop);
  return {
    signal: cancel.signal,
    forget: () => {
      // Nobody reads on, so what still comes is not wanted.
      stop();
      signal?.removeEventListener("abort", stop);
      removeEventListener("offline", stop);
    },
  };
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

/** Waits a little, or until the connection is back, or until somebody wants it now, whom `tell` can be asked by. */
function pause(least, failure, signal, tell) {
  const milliseconds = Math.max((failure.retryAfter ?? 0) * 1000, least);
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
    tell(goOn);
  });
}
