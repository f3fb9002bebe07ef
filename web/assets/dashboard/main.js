/** The classroom's dashboard: who may enter, which view is shown, and how it stays fresh. */

import { h, memory, morph } from "../shared/dom.js";
import { clock } from "../shared/format.js";
import { ask } from "../shared/http.js";
import { failed, fault, letSkip, mark, notice, waiting } from "../shared/parts.js";
import { overview } from "./overview.js";
import { server } from "./server.js";
import { signIn } from "./sign-in.js";
import { speed } from "./speed.js";
import { student } from "./student.js";
import { students } from "./students.js";
import { transcript } from "./transcript.js";

const KEY = "ella.admin-key";
/** Nothing is shown as on its way before this many milliseconds: a flash of it would only disturb. */
const QUICK = 200;

// For this tab only, and never in an address.
const kept = memory("sessionStorage");
const main = document.getElementById("main");
const nav = document.getElementById("nav");
const signOutButton = document.getElementById("sign-out");

const ROUTES = [
  [/^\/?$/, overview],
  [/^\/students$/, students],
  [/^\/students\/([^/]+)$/, student],
  [/^\/conversations\/([^/]+)$/, transcript],
  [/^\/speed$/, speed],
  [/^\/server$/, server],
];

let leaving = new AbortController();
let shownBefore = false;

function toTheBeginning() {
  return h("a", { class: "button", href: "#/" }, "Go to the overview");
}

/** The address behind the `#`, and what stands behind its `?`. */
function place() {
  const [path, query] = location.hash.slice(1).split("?");
  return { path, query: new URLSearchParams(query ?? "") };
}

/** Shows the view that the address names. */
async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const key = kept.get(KEY);
  nav.hidden = signOutButton.hidden = !key;
  notice("");
  if (!key) return put(signIn(enter), "Sign in");
  const { path, query } = place();
  mark(nav, location.hash);
  const [route, view] = ROUTES.find(([pattern]) => pattern.test(path)) ?? [];
  const parameters = (route?.exec(path) ?? []).slice(1);
  const context = { signal, query, parameters, get: (address) => get(address, signal) };
  const slow = setTimeout(() => { if (!signal.aborted) main.replaceChildren(waiting()); }, QUICK);
  try {
    if (!view) throw Object.assign(new Error("There is no such page here."), { status: 404 });
    const drawn = await view(context);
    clearTimeout(slow);
    if (signal.aborted) return undefined;
    put(drawn.node, drawn.title);
    drawn.shown?.();
    if (drawn.every) keepFresh(drawn, context);
  } catch (failure) {
    clearTimeout(slow);
    if (signal.aborted) return undefined;
    if (failure.status === 401 || failure.status === 403) return signOut("That key no longer opens this dashboard.");
    if (!("status" in failure)) throw failure;
    // What is not there is not there the next time either.
    put(failure.status === 404 ? failed(failure, null, toTheBeginning()) : failed(failure, show), fault(failure));
  }
  return undefined;
}

/** Puts a view in its place, and tells screen readers that it is another one. */
function put(node, title) {
  document.title = `${title} · Ella`;
  main.replaceChildren(node);
  const heading = main.querySelector("h1");
  if (shownBefore && heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  shownBefore = true;
}

/** Draws the view again every so often, and changes only what differs. */
function keepFresh(drawn, context) {
  let asOf = new Date();
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const next = await drawn.again();
      if (context.signal.aborted) return;
      morph(main.firstElementChild, next);
      asOf = new Date();
      notice("");
    } catch (failure) {
      if (context.signal.aborted) return;
      if (failure.status === 403) show();
      else notice(`Not fresh: ${failure.message} These figures are of ${clock(asOf)}.`);
    }
  };
  const timer = setInterval(refresh, drawn.every);
  addEventListener("online", refresh, { signal: context.signal });
  document.addEventListener("visibilitychange", refresh, { signal: context.signal });
  addEventListener("offline", () => notice(`This device is offline. These figures are of ${clock(asOf)}.`), {
    signal: context.signal,
  });
  context.signal.addEventListener("abort", () => clearInterval(timer));
}

function get(address, signal) {
  return ask("GET", address, { headers: { "x-admin-key": kept.get(KEY) ?? "" }, signal });
}

/** Tries a key. A wrong one is told by the failure. The server's state is there also when the database is not. */
async function enter(key) {
  await ask("GET", "/admin/server", { headers: { "x-admin-key": key } });
  kept.set(KEY, key);
  await show();
}

function signOut(sentence) {
  kept.remove(KEY);
  leaving.abort();
  nav.hidden = signOutButton.hidden = true;
  put(signIn(enter, sentence), "Sign in");
}

signOutButton.addEventListener("click", () => signOut("You are signed out."));
letSkip(main);
addEventListener("hashchange", show);
show();
