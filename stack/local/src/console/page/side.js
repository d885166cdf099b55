// Links to everything, with the open one marked.

import { draw, make, route } from "./element.js";
import { shortName } from "./format.js";
import { SHAPES, kindOf, wordOf } from "./state.js";

const note = (text) => make("span", { class: "side-note" }, text);

function item(hash, open, text, extra = null) {
  return make("li", {}, make("a", { href: hash, "data-key": `side-${hash}`, "aria-current": open === hash ? "page" : null },
    make("span", { class: "side-name" }, text), extra));
}

function group(title, items) {
  return items.length === 0 ? null : make("section", {}, make("h2", {}, title), make("ul", {}, items));
}

/** What `side` is made of: it is drawn again when this changes. */
export const sideFacts = (state, open) => [
  open, state.mails, state.stacks.map((stack) => [stack.name, stack.status]),
  state.buckets, state.functions.map((one) => one.name), state.tables, state.queues, state.distributions, state.topics,
];

export function side(state, open) {
  return [
    make("section", {}, make("ul", {},
      item("#/", open, "Overview"),
      item("#/requests", open, "Requests"),
      item("#/mailbox", open, "Mailbox", state.mails > 0 ? note(String(state.mails)) : null))),
    group("Stacks", state.stacks.map((stack) => item(route("stacks", stack.name), open, stack.name, mark(stack.status)))),
    group("Buckets", state.buckets.map((bucket) => item(route("buckets", bucket.name), open, shortName(bucket.name, state),
      note(bucket.truncated ? `${bucket.objects}+` : String(bucket.objects))))),
    group("Functions", state.functions.map((one) => item(route("functions", one.name), open, one.name))),
    group("Tables", state.tables.map((name) => item(route("tables", name), open, name))),
    group("Queues", state.queues.map((queue) => item(route("queues", queue.name), open, queue.name,
      queue.visible > 0 ? note(String(queue.visible)) : null))),
    group("Topics", state.topics.map((topic) => item(route("topics", topic.arn), open, topic.name))),
    group("Distributions", state.distributions.map((one) => item(route("distributions", one.id), open, one.comment || one.id))),
  ];
}

/** A stack's state as a small shape, with its word for readers. */
function mark(status) {
  return make("span", { class: `mark ${kindOf(status)}`, title: wordOf(status) },
    draw("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" }, draw("path", { d: SHAPES[kindOf(status)] })),
    make("span", { class: "unseen" }, wordOf(status)));
}
