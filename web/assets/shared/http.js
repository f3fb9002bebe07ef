/** Requests, and the ways in which they fail. */

/** Why something was not done, in a sentence for people. */
export class Failure extends Error {
  constructor(message, { status = 0, retryAfter = null, requestId = null } = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }

  /** The server was not reached, or not for long enough. */
  get isLost() {
    return this.status === 0;
  }

  /** The same request may succeed in a moment. */
  get isPassing() {
    return this.isLost || this.status === 429 || this.status === 503;
  }
}

/** The server was not reached. */
export function lost() {
  return new Failure(
    navigator.onLine === false
      ? "This device is offline."
      : "The server does not answer. It may be restarting, or the network may be down.",
  );
}

/** This device has just lost its network. */
export const offline = () => new Failure("This device is offline.");

/**
 * Sends a request and returns what `read` makes of the response, which is the response itself if left out; a refusal is
 * thrown as a `Failure`. `patience` is in milliseconds and covers the head and `read`: whoever reads a body later has a
 * deadline of their own. With `keepalive` it is sent also when the page is closed meanwhile.
 */
export async function send(method, path, options = {}) {
  const { headers = {}, body, signal, keepalive = false, patience = 20000, read = (response) => response } = options;
  if (signal?.aborted) throw lost();
  const cancel = new AbortController();
  const stop = () => cancel.abort();
  const timer = setTimeout(stop, patience);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    const response = await fetch(path, {
      method,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: cancel.signal,
      keepalive,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    if (!response.ok) throw await refusal(response);
    return await read(response);
  } catch (error) {
    if (error instanceof Failure || signal?.aborted) throw error;
    throw lost();
  } finally {
    // The signal still ends the body.
    clearTimeout(timer);
  }
}

/** A request whose answer is JSON. */
export async function ask(method, path, options) {
  return send(method, path, { ...options, read: (response) => response.json() });
}

async function refusal(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // Not one of ours; the status says enough.
  }
  return new Failure(problem.detail ?? `The server answered ${response.status}.`, {
    status: response.status,
    retryAfter: Number(response.headers.get("retry-after")) || null,
    requestId: problem.request_id ?? null,
  });
}
