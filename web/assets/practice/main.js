/** The practice room: a device becomes a student, and the student talks with Zoe. */

import { h, uuid } from "../shared/dom.js";
import { failed, fault, letSkip, level, mark, notice, waiting } from "../shared/parts.js";
import { call } from "./call.js";
import { Client } from "./client.js";
import { placement } from "./placement.js";
import { progress } from "./progress.js";

const TOPICS = ["my weekend", "music that I like", "a film I saw", "my family", "food and cooking", "a place I want to see"];

const main = document.getElementById("main");
const nav = document.getElementById("nav");
const client = new Client();
let leaving = new AbortController();
let shownBefore = false;
/** What a call says when somebody is about to leave it; none when nobody is in one. */
let staying = null;

/** Puts a view in its place; the one before is ended. */
function put(title, node) {
  document.title = `${title} · Zoe`;
  main.replaceChildren(node);
  const heading = main.querySelector("h1");
  if (shownBefore && heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  shownBefore = true;
}

/** Shows a view, with waiting before it and an apology in its place. */
async function show(view) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  notice("");
  staying = null;
  // What was left may go on waiting, but not in front of the next view.
  const slow = setTimeout(() => { if (!signal.aborted) main.replaceChildren(waiting()); }, 200);
  try {
    const drawn = await view({ client, signal, put, show, home, stay: (sentence) => { staying = sentence; } });
    clearTimeout(slow);
    if (signal.aborted) return;
    put(drawn.title, drawn.node);
    drawn.shown?.();
  } catch (failure) {
    clearTimeout(slow);
    if (signal.aborted) return;
    if (!("status" in failure)) throw failure;
    put(fault(failure), failed(failure, () => show(view)));
  }
}

/** Where a call begins. */
async function home() {
  const profile = await client.get("/users/me");
  if (!profile.cefr_level && client.isNew) {
    client.isNew = false;
    return { title: "Hello", node: hello() };
  }
  return { title: "Talk", node: choose(profile) };
}

function hello() {
  return h("div", { class: "page narrow welcome" },
    h("div", { class: "head" },
      h("h1", null, "Hello, I’m Zoe."),
      h("p", { class: "lead" }, "I practise English with you: you talk, I listen, answer, and tell you gently how to say it even better.")),
    h("p", null, "I would like to know how much English you speak. It takes three to eight questions, about two minutes. Or we simply start, and I will find out as we go."),
    h("div", { class: "row" },
      h("button", { type: "button", class: "primary", onclick: () => show(placement) }, "Find my level"),
      h("button", { type: "button", onclick: () => show(home) }, "Skip it and talk")),
    h("p", { class: "soft small" }, "I am a computer program. You need no name and no password: this browser is your student card, so keep to it."));
}

function choose(profile) {
  const own = h("input", { id: "topic", maxlength: 200, autocomplete: "off", placeholder: "anything you like" });
  const start = (topic) => {
    const key = uuid();
    show((context) => call(context, topic, key));
  };
  const submit = (event) => {
    event.preventDefault();
    start(own.value.trim() || null);
  };
  return h("div", { class: "page narrow welcome" },
    h("div", { class: "head" },
      h("h1", null, "What shall we talk about?"),
      h("p", { class: "row" }, level(profile.cefr_level),
        h("button", { type: "button", class: "quiet", onclick: () => show(placement) }, profile.cefr_level ? "Test my level again" : "Find my level"))),
    h("ul", { class: "topics", "aria-label": "Topics" }, TOPICS.map((topic) =>
      h("li", null, h("button", { type: "button", onclick: () => start(topic) }, topic)))),
    h("form", { class: "own", onsubmit: submit }, h("label", null, "Or something else", own), h("button", { type: "submit" }, "Talk about it")),
    h("div", null, h("button", { type: "button", class: "primary big", onclick: () => start(null) }, "Let Zoe begin")));
}

function follow() {
  mark(nav, location.hash);
  show(location.hash === "#/progress" ? progress : home);
}

/** The way home asks first when it ends a call, and works also where the address is home's already. */
function goHome(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (staying && !confirm(`${staying} Do you want to end it?`)) event.preventDefault();
  else if (location.hash === "#/") show(home);
}

letSkip(main);
document.querySelectorAll('.top a[href="#/"]').forEach((link) => link.addEventListener("click", goHome));
addEventListener("hashchange", follow);
// A call tells it where the talk is.
addEventListener("offline", () => { if (!staying) notice("This device is offline."); });
addEventListener("online", () => notice(""));
addEventListener("beforeunload", (event) => { if (staying) event.preventDefault(); });

async function begin() {
  await show(async (context) => {
    await client.signIn();
    nav.hidden = false;
    mark(nav, location.hash);
    return location.hash === "#/progress" ? progress(context) : home();
  });
}
begin();
