/** All students: found by name or id, in an order, page by page. */

import { h } from "../shared/dom.js";
import { count, duration, number, utcDay } from "../shared/format.js";
import { failed, level, nothing, table, time, waiting } from "../shared/parts.js";

const ORDERS = [["active", "Last active"], ["name", "Name"], ["level", "Level"], ["joined", "Newest"]];
const PAGE = 20;
/** Milliseconds after the last key stroke. */
const PAUSE = 250;

export async function students({ get, signal, query }) {
  const wish = { search: query.get("search") ?? "", sort: query.get("sort") ?? "active" };
  if (!ORDERS.some(([word]) => word === wish.sort)) wish.sort = "active";
  // The cursors of the pages before this one, and this one's.
  let cursors = [null];
  let asked = 0;
  const results = h("section", { class: "card", "aria-label": "Students found" });
  // Screen readers are told how many there are, not all of them.
  const word = h("p", { class: "unseen", role: "status" });

  const address = () => {
    const parameters = new URLSearchParams({ sort: wish.sort, limit: PAGE });
    if (wish.search) parameters.set("search", wish.search);
    const cursor = cursors[cursors.length - 1];
    if (cursor) parameters.set("cursor", cursor);
    return `/admin/students?${parameters}`;
  };
  const load = async () => {
    const mine = ++asked;
    const slow = setTimeout(() => results.replaceChildren(waiting(true)), 300);
    try {
      const page = await get(address());
      if (mine !== asked) return;
      results.replaceChildren(...drawn(page));
      word.textContent = page.items.length ? `${count(page.items.length, "student")} shown${page.next_cursor ? ", and there are more" : ""}` : "Nobody found";
    } catch (failure) {
      if (mine === asked && !signal.aborted) {
        if (!("status" in failure)) throw failure;
        results.replaceChildren(failed(failure, load));
      }
    } finally {
      clearTimeout(slow);
    }
  };
  const fresh = () => {
    cursors = [null];
    const parameters = new URLSearchParams(wish.search ? wish : { sort: wish.sort });
    history.replaceState(null, "", `#/students?${parameters}`);
    return load();
  };
  // Pressed again, or after the search has changed, a button has no page any more from which it could lead on.
  const turn = (here, to) => async () => {
    if (cursors !== here) return;
    cursors = to;
    await load();
    results.querySelector("table a, .pages button:not([disabled])")?.focus();
  };
  const drawn = ({ items, next_cursor: next }) => {
    if (!items.length && cursors.length === 1) {
      return [wish.search
        ? nothing("Nobody found", `No student has “${wish.search}” in their name, or at the beginning of their id.`)
        : nothing("No students yet", "Every device that signs in becomes a student.", h("a", { class: "button", href: "/practice" }, "Be the first"))];
    }
    const here = cursors;
    const from = (here.length - 1) * PAGE;
    return [
      list(items),
      h("div", { class: "row pages" },
        h("button", { type: "button", disabled: here.length === 1, onclick: turn(here, here.slice(0, -1)) }, "Previous"),
        h("span", { class: "soft small" }, `${number(from + 1)} to ${number(from + items.length)}`),
        h("button", { type: "button", disabled: !next, onclick: turn(here, [...here, next]) }, "Next")),
    ];
  };

  let pause;
  // Who has gone on to another view looks for nobody here any more.
  signal.addEventListener("abort", () => clearTimeout(pause));
  const search = h("input", {
    type: "search", value: wish.search, maxlength: 100, autocomplete: "off", placeholder: "Name or id",
    oninput: () => {
      clearTimeout(pause);
      pause = setTimeout(() => {
        wish.search = search.value.trim();
        fresh();
      }, PAUSE);
    },
  });
  const sort = h("select", { onchange: () => { wish.sort = sort.value; fresh(); } },
    ORDERS.map(([word, name]) => h("option", { value: word, selected: word === wish.sort }, name)));
  const form = h("form", { class: "filters", role: "search", onsubmit: (event) => { event.preventDefault(); clearTimeout(pause); wish.search = search.value.trim(); fresh(); } },
    h("label", null, "Search", search), h("label", null, "Order", sort));

  results.replaceChildren(...drawn(await get(address())));
  return {
    title: "Students",
    node: h("div", { class: "page" }, h("div", { class: "head" }, h("h1", null, "Students")), form, word, results),
  };
}

function list(rows) {
  return table("Students", [
    { name: "Student", cell: (row) => h("a", { href: `#/students/${row.id}` }, row.name ?? "No name") },
    { name: "Level", cell: (row) => level(row.cefr_level) },
    { name: "Age", number: true, cell: (row) => (row.age === null ? "" : count(row.age, "year")) },
    { name: "Conversations", number: true, cell: (row) => number(row.conversations) },
    { name: "Speaking time", number: true, cell: (row) => duration(row.speaking_time_seconds) },
    { name: "Words", number: true, cell: (row) => number(row.words_spoken) },
    { name: "Last active", cell: (row) => (row.last_active_on ? time(row.last_active_on, utcDay(row.last_active_on)) : "never") },
  ], rows);
}

