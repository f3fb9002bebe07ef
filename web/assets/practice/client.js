/** The student's side of the API. */

import { memory, uuid } from "../shared/dom.js";
import { ask } from "../shared/http.js";
import { converse } from "./stream.js";

const DEVICE = "ella.device";
const SECRET = "ella.device-secret";
const TOKEN = "ella.token";

/** One student on this device. */
export class Client {
  #store = memory("localStorage");

  /** Whether this device was never here before. */
  isNew = false;

  /**
   * This device becomes a student, or finds its student again. A token that is still there is as good: a whole class
   * behind one address would else meet the limit of sign-ins with every reload.
   */
  async signIn({ again = false } = {}) {
    if (this.#store.get(TOKEN) && !again) return;
    const body = { device_id: this.#kept(DEVICE, uuid), device_secret: this.#kept(SECRET, () => uuid() + uuid()) };
    const answer = await ask("POST", "/auth/anonymous", { body });
    this.#store.set(TOKEN, answer.access_token);
    this.isNew = answer.created;
  }

  #kept(name, make) {
    const value = this.#store.get(name) ?? make();
    this.#store.set(name, value);
    return value;
  }

  #headers = () => ({ authorization: `Bearer ${this.#store.get(TOKEN)}` });

  /** A request; a token that is too old is renewed once. */
  async request(method, path, body, { key, signal, keepalive } = {}) {
    const options = () => ({ body, signal, keepalive, headers: { ...this.#headers(), ...(key ? { "idempotency-key": key } : {}) } });
    try {
      return await ask(method, path, options());
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      await this.signIn({ again: true });
      return ask(method, path, options());
    }
  }

  get = (path, options) => this.request("GET", path, undefined, options);

  /**
   * A POST that may be sent again: one more try under the same key when the first was lost. Who lets people try again
   * gives the `key`, so that their try is the same request as well.
   */
  async post(path, body, { key = uuid(), ...options } = {}) {
    try {
      return await this.request("POST", path, body, { ...options, key });
    } catch (failure) {
      if (!failure.isPassing || options.signal?.aborted) throw failure;
      await new Promise((resolve) => { setTimeout(resolve, (failure.retryAfter ?? 0.5) * 1000); });
      return this.request("POST", path, body, { ...options, key });
    }
  }

  /** Something that Zoe answers. See `converse`; who tries again later gives the same `key` and the same list `heard`. */
  async zoe(path, body, { signal, on, key = uuid(), heard = [] }) {
    const headers = () => ({ ...this.#headers(), "idempotency-key": key });
    try {
      return await converse(path, body, { headers, signal, on, heard });
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      await this.signIn({ again: true });
      return converse(path, body, { headers, signal, on, heard });
    }
  }
}
