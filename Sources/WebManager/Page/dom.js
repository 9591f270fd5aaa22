// SPDX-License-Identifier: GPL-2.0-or-later

/** A fresh copy of a template's element, with its `data-slot` parts by name. */
export function stamp(id) {
  const root = document.getElementById(id).content.firstElementChild.cloneNode(true);
  const parts = [...root.querySelectorAll("[data-slot]")];
  return { root, slots: Object.fromEntries(parts.map((part) => [part.dataset.slot, part])) };
}

/** Changes nothing where that is said already. Data is only ever text. */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

/** The same for several slots. */
export function fill(slots, values) {
  for (const [name, value] of Object.entries(values)) text(slots[name], value);
}

export function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function show(node, isVisible) {
  if (node.hidden === isVisible) node.hidden = !isVisible;
}

export function make(tag, className = "", content = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = content;
  return node;
}

export function drawing(tag, attributes, content = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = content;
  return node;
}

/** A shape and a colour in front of what the element holds. */
export function mark(node, state) {
  if (node.dataset.state === state) return;
  if (!node.dataset.state) {
    const icon = drawing("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
    icon.append(drawing("use", {}));
    node.prepend(icon);
  }
  node.dataset.state = state;
  node.querySelector("use").setAttribute("href", `#icon-${state}`);
}

export function chip(node, state, word) {
  if (!node.firstChild) node.append(make("span"));
  mark(node, state);
  text(node.lastChild, word);
}

/** Work that may move the element in focus, which takes the focus along. */
export function keepingFocus(work) {
  const focused = document.activeElement;
  work();
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
}

/** Makes `children` all that is in `parent`, in this order. */
export function arrange(parent, children) {
  for (const child of [...parent.children]) if (!children.includes(child)) child.remove();
  children.forEach((child, index) => {
    const there = parent.children[index];
    if (there !== child) parent.insertBefore(child, there ?? null);
  });
}

let sentences = [];

/** Tells people who listen to the page, in one go when several things happen at once. */
export function announce(sentence) {
  if (sentences.push(sentence) > 1) return;
  setTimeout(() => {
    text(document.getElementById("announcer"), sentences.slice(-5).join(" "));
    sentences = [];
  }, 300);
}
