// What was asked of the local cloud lately: newest first, by service, or failures alone. It can be held to be read in peace.

import * as api from "./api.js";
import { empty, make, replace, still, table } from "./element.js";
import { bytes, count, duration, moment } from "./format.js";

/** Requests that the page keeps: as many as the cloud does. */
const LIMIT = 500;

/** Rows that are shown at first, and that "Show more" adds. */
const PAGE = 100;

export function requestsView() {
  let all = [];
  let limit = PAGE;
  let held = false;
  const list = make("div", {});
  const summary = make("p", { class: "quiet" });
  const service = make("select", { id: "service", change: () => show() }, make("option", { value: "" }, "all services"));
  const failures = make("input", { id: "failures", type: "checkbox", change: () => show() });
  const hold = make("button", { type: "button", "aria-pressed": "false", click: () => {
    held = !held;
    hold.setAttribute("aria-pressed", String(held));
    if (!held) update();
  } }, "Hold the list");

  /** Offers every service that was asked, and keeps the choice. */
  function offer() {
    const names = [...new Set(all.map((one) => one.service))].sort();
    const known = [...service.options].slice(1).map((option) => option.value);
    const chosen = service.value && !names.includes(service.value) ? [...names, service.value].sort() : names;
    if (JSON.stringify(chosen) === JSON.stringify(known)) return;
    const value = service.value;
    service.replaceChildren(service.options[0], ...chosen.map((name) => make("option", { value: name }, name)));
    service.value = value;
  }

  function show() {
    const wanted = all.filter((one) =>
      (service.value === "" || one.service === service.value) && (!failures.checked || one.status >= 400));
    const failed = wanted.filter((one) => one.status >= 400).length;
    summary.textContent = `${count(wanted.length, "request")}, ${failed} failed`;
    const shown = wanted.slice(-limit).reverse();
    replace(list,
      shown.length === 0
        ? empty("No requests.", all.length === 0 ? "Nobody has asked for anything yet." : "None of those kept is like that.")
        : table("Requests, newest first", ["Time", "Service", "Operation", "Status", "Took", "Who", "Request", "Answer"], shown.map(row)),
      wanted.length > limit
        ? make("button", { type: "button", "data-key": "more", click: () => { limit += PAGE; show(); } }, "Show more requests") : null);
  }

  async function update() {
    if (held) return;
    const last = () => all.at(-1)?.id ?? 0;
    const { requests } = await api.requests(last());
    // Another look may have been answered meanwhile.
    const fresh = requests.filter((one) => one.id > last());
    if (fresh.length === 0 && list.hasChildNodes()) return;
    all = [...all, ...fresh].slice(-LIMIT);
    offer();
    show();
  }

  return {
    title: "Requests",
    frame: [
      make("h1", {}, "Requests"),
      make("p", { class: "quiet" }, `The newest ${LIMIT} requests that the local cloud answered, those of this page left out.`),
      make("div", { class: "filters" },
        make("span", {}, make("label", { for: "service" }, "Service"), " ", service),
        make("span", {}, failures, " ", make("label", { for: "failures" }, "failures only")),
        hold, summary),
      list,
    ],
    exists: () => true,
    update,
  };
}

function row(one) {
  const failed = one.status >= 400;
  return [
    still(moment(one.time)),
    still(one.service),
    one.operation
      ? [make("span", { class: "operation" }, one.operation), ...path(one)]
      : make("code", { class: "path" }, `${one.method} ${one.path}`),
    make("span", { class: `badge ${failed ? "bad" : "good"}` }, `${one.status} ${failed ? "failed" : "ok"}`),
    still(duration(one.milliseconds)),
    [one.caller.kind, one.caller.name].filter(Boolean).join(" "),
    still(size(one.received)),
    still(size(one.sent)),
  ];
}

/** The path says more than the operation where there is one. */
const path = (one) => (one.path === "/" ? [] : [" ", make("code", { class: "path quiet" }, one.path)]);

const size = (number) => (number === null ? "" : bytes(number));
