// Making elements. Values become text nodes and attributes, never markup.

import { kindOf, wordOf } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined));
  return element;
}

/** An element: `make("p", { class: "quiet" }, "text", otherElement)`. A property that is a function listens to its event. */
export const make = (tag, properties = {}, ...children) => fill(document.createElement(tag), properties, children);

/** The same for parts of drawings. */
export const draw = (tag, properties = {}, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

/** Replaces what is inside `parent`; the element with the same `data-key` keeps the focus. */
export function replace(parent, ...children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...children.flat().filter(Boolean));
  if (key === undefined) return;
  const again = [...parent.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key);
  again?.focus({ preventScroll: true });
}

/** A place whose content is made again only when the facts that it is made of have changed. */
export function slot(tag = "div", properties = {}) {
  const element = make(tag, properties);
  let seen;
  return {
    element,
    show(facts, build) {
      const text = JSON.stringify(facts);
      if (text === seen) return;
      seen = text;
      replace(element, build());
    },
  };
}

/** A table with a caption for screen readers. `rows` are lists of cells; the first cell heads its row. */
export function table(caption, headings, rows) {
  return make(
    "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption, "data-key": `table-${caption}` },
    make(
      "table", {},
      make("caption", { class: "unseen" }, caption),
      make("thead", {}, make("tr", {}, headings.map((heading) => make("th", { scope: "col" }, heading)))),
      make("tbody", {}, rows.map((cells) => make(
        "tr", {},
        cells.map((cell, index) => make(index === 0 ? "th" : "td", index === 0 ? { scope: "row" } : {}, cell)),
      ))),
    ),
  );
}

/** Terms and what they are: `facts([["Runtime", "provided.al2023"]])`. Entries without a value are left out. */
export function facts(entries) {
  const there = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return make("dl", { class: "outputs" }, there.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]));
}

/** What a list shows when it has nothing to show. */
export function empty(title, ...advice) {
  return make("div", { class: "empty" }, make("p", { class: "empty-title" }, title), make("p", {}, ...advice));
}

/** A status word with its color; the word itself carries the meaning. */
export const badge = (status) => make("span", { class: `badge ${kindOf(status)}` }, wordOf(status));

/** A short message that goes away by itself; screen readers are told. */
export function toast(message, kind = "good") {
  const element = make("p", { class: `toast ${kind}` }, message);
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), 6000);
}

/** A short text that must not be broken into lines. */
export const still = (text) => make("span", { class: "still" }, text);

export const code = (text) => make("code", {}, text);

/** Where a thing is shown: `#/buckets/photos`. */
export const route = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;

/** A link inside the page. */
export const link = (hash, ...text) => make("a", { href: hash, "data-key": hash }, ...text);

/** A link that opens beside the page. */
export const open = (url, ...text) =>
  make("a", { href: url, target: "_blank", rel: "noopener", "data-key": url }, ...text);
