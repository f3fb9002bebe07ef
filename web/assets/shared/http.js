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

/** Milliseconds that a request may take, unless it says otherwise: the longest of the server's own budgets, and some. */
const PATIENCE = 20000;

/** A clock that ends what it is given to when `patience` (milliseconds) is over, or when `signal` says so. */
function limited(signal, patience) {
  const cancel = new AbortController();
  const stop = () => cancel.abort();
  const timer = setTimeout(stop, patience);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop, { once: true });
  return {
    signal: cancel.signal,
    stopTheClock: () => clearTimeout(timer),
    forget: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    },
  };
}

/** Whatever keeps `act` from its end but a refusal or whoever has left means that the server was not reached. */
async function reaching(signal, act) {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Failure || signal?.aborted) throw error;
    throw lost();
  }
}

async function begin(method, path, { headers = {}, body, keepalive = false }, signal) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal,
    keepalive,
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
  });
  if (!response.ok) throw await refusal(response);
  return response;
}

/**
 * Sends a request and returns the response, once its head is there; a refusal is thrown as a `Failure`.
 * `patience` is in milliseconds and covers the head; the body has its own readers. With `keepalive` it is sent also when
 * the page is closed meanwhile.
 */
export async function send(method, path, { signal, patience = PATIENCE, ...options } = {}) {
  const limit = limited(signal, patience);
  try {
    return await reaching(signal, () => begin(method, path, options, limit.signal));
  } finally {
    // The signal still ends the body.
    limit.stopTheClock();
  }
}

/** A request whose answer is JSON. Here `patience` covers all of it, so that no body keeps anybody waiting for ever. */
export async function ask(method, path, { signal, patience = PATIENCE, ...options } = {}) {
  const limit = limited(signal, patience);
  try {
    return await reaching(signal, async () => (await begin(method, path, options, limit.signal)).json());
  } finally {
    limit.forget();
  }
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
