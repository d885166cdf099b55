// Making elements. Values become text nodes and attributes, never markup.

/** An element: `make("p", { class: "quiet" }, "text", otherElement)`. A property that is a function listens to its event. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replaces what is inside `parent`; the element with the same `data-key` keeps the focus. */
export function replace(parent, ...children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...children.flat().filter(Boolean));
  if (key === undefined) return;
  const again = [...parent.querySelectorAll("[data-key]")].find((element) => element.dataset.key === key);
  again?.focus({ preventScroll: true });
}

/** A table with a caption for screen readers. `rows` are lists of cells; the first cell heads its row. */
export function table(caption, headings, rows) {
  return make(
    "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
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

/** What a list shows when it has nothing to show. */
export function empty(title, ...advice) {
  return make("div", { class: "empty" }, make("p", { class: "empty-title" }, title), make("p", {}, ...advice));
}

/** A status word with its color; the word itself carries the meaning. */
export function badge(status) {
  const kind = /FAILED|ROLLBACK|Failed|unreachable/.test(status) ? "bad"
    : /IN_PROGRESS|Pending|waiting/.test(status) ? "busy"
    : "good";
  return make("span", { class: `badge ${kind}` }, status.replaceAll("_", " ").toLowerCase());
}

/** A short message that goes away by itself; screen readers are told. */
export function toast(message, kind = "good") {
  const element = make("p", { class: `toast ${kind}` }, message);
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), 6000);
}
