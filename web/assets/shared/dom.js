/** Building and changing the page. Text becomes text here, never HTML: whatever somebody said or is called. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element: `h("a", { href: "#/", class: "quiet" }, "Back")`.
 * `on...` is a listener, `style` an object of properties, null and false are left out.
 */
export function h(tag, properties, ...children) {
  return filled(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") {
      for (const [property, to] of Object.entries(value)) element.style.setProperty(property, to);
    } else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Makes `was` look like `now` and changes no more than differs, so that nothing flickers, and focus, selection and
 * what was opened stay.
 */
export function morph(was, now) {
  if (was.nodeName !== now.nodeName || was.id !== now.id) return was.replaceWith(now);
  if (was.nodeType !== Node.ELEMENT_NODE) {
    if (was.data !== now.data) was.data = now.data;
    return undefined;
  }
  for (const { name } of [...was.attributes]) {
    if (name !== "open" && !now.hasAttribute(name)) was.removeAttribute(name);
  }
  for (const { name, value } of now.attributes) {
    if (name === "style") was.style.cssText = now.style.cssText;
    else if (was.getAttribute(name) !== value) was.setAttribute(name, value);
  }
  const [before, after] = [[...was.childNodes], [...now.childNodes]];
  before.slice(after.length).forEach((node) => node.remove());
  after.forEach((node, index) => (before[index] ? morph(before[index], node) : was.append(node)));
  return undefined;
}

/** A random UUID (version 4). `crypto.randomUUID` would need HTTPS. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A place to remember things in that may be forbidden: then they are remembered as long as the page lives. */
export function memory(kind) {
  const kept = new Map();
  const attempt = (act, otherwise) => {
    try {
      return act(window[kind]);
    } catch {
      return otherwise();
    }
  };
  return {
    get: (name) => attempt((store) => store.getItem(name), () => kept.get(name) ?? null) ?? kept.get(name) ?? null,
    set: (name, value) => attempt((store) => store.setItem(name, value), () => kept.set(name, value)),
    remove: (name) => {
      kept.delete(name);
      attempt((store) => store.removeItem(name), () => undefined);
    },
  };
}
