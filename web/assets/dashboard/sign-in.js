/** The door: the admin key opens it. */

import { h } from "../shared/dom.js";

/** `enter` tries a key; `sentence` says why one is asked for again. */
export function signIn(enter, sentence = "") {
  const word = h("p", { id: "sign-in-word", role: "status", class: "small soft" }, sentence);
  const field = h("input", {
    type: "password", id: "key", name: "key", autocomplete: "off", spellcheck: "false", required: true,
    "aria-describedby": "sign-in-word sign-in-help",
  });
  const button = h("button", { type: "submit", class: "primary" }, "Open the dashboard");
  const submit = async (event) => {
    event.preventDefault();
    const key = field.value.trim();
    // A header cannot carry anything else; a key never does.
    if (!/^[\x20-\x7e]+$/.test(key)) return tell(key ? "That key does not open this dashboard." : "Type the admin key first.");
    button.setAttribute("aria-disabled", "true");
    tell("Looking…");
    try {
      await enter(key);
    } catch (failure) {
      tell(failure.status === 403 || failure.status === 401 ? "That key does not open this dashboard." : failure.message);
    }
    button.removeAttribute("aria-disabled");
    return undefined;
  };
  const tell = (text) => {
    word.textContent = text;
    field.focus();
    field.select();
  };
  return h("form", { class: "page door", onsubmit: submit },
    h("div", { class: "head" }, h("h1", null, "The classroom"),
      h("p", { class: "soft" }, "How the class is doing, every conversation with its corrections, and whether the server is well.")),
    h("label", null, "Admin key", field),
    word,
    button,
    h("p", { id: "sign-in-help", class: "small soft" },
      "It lies in ", h("code", null, "admin.key"), " in the server’s data folder. This tab remembers it until it is closed."));
}
