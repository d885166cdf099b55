// Smaller views: functions, distributions, topics, queues, mail.

import * as api from "./api.js";
import { badge, code, empty, facts, link, make, open, route, slot, table } from "./element.js";
import { bytes, count, moment } from "./format.js";
import { follow } from "./log.js";
import { declared } from "./resource.js";

/** A function: facts on top, the log below. */
export function functionView(name, current) {
  const [origin, about] = [slot(), slot()];
  const find = () => current().functions.find((one) => one.name === name);
  const place = make("div", {});
  let log = null;
  return {
    title: name,
    frame: [make("h1", {}, name), origin.element, about.element, make("h2", {}, "Log"), place],
    exists: () => find() !== undefined,
    async update() {
      const one = find();
      const line = declared(current(), route("functions", name));
      origin.show(line?.textContent ?? "", () => [line]);
      const urls = current().sites.filter((site) => site.kind === "Function URL" && site.resource === name);
      about.show([one, urls], () => [make("section", { class: "panel" }, facts([
        ["Runtime", one.runtime],
        ["Memory", `${one.memory} MB`],
        ["Timeout", `${one.timeout} s`],
        ["Package", `${bytes(one.packageSize)}, ${one.architecture}`],
        ["Log group", code(one.logGroup)],
        ...urls.map((site) => ["URL", open(site.url, site.url)]),
      ]))]);
      if (log) return;
      log = follow(one.logGroup);
      place.replaceChildren(log.element);
    },
    stop: () => log?.stop(),
  };
}

/** A distribution: where it answers and from what. */
export function distributionView(state, distribution) {
  return [
    make("h1", {}, distribution.comment || distribution.id, " ", badge(distribution.status)),
    declared(state, route("distributions", distribution.id)),
    make("section", { class: "panel" }, facts([
      ["Id", code(distribution.id)],
      ["Open", open(distribution.url, distribution.url)],
      ["By path", open(distribution.path, distribution.path)],
      ...distribution.origins.map((origin) => ["Origin", code(origin)]),
    ])),
  ];
}

/** A topic and who listens. */
export function topicView(state, topic) {
  return [
    make("h1", {}, topic.name),
    declared(state, route("topics", topic.arn)),
    make("p", { class: "quiet" }, code(topic.arn)),
    topic.subscriptions.length === 0
      ? empty("No subscriptions.", "Declare one under ", code("topics:"), " in stack.yaml.")
      : table(`Subscriptions of ${topic.name}`, ["Endpoint", "Protocol", "State"], topic.subscriptions.map((subscription) =>
        [code(subscription.endpoint), subscription.protocol, badge(subscription.confirmed ? "confirmed" : "pending confirmation")])),
  ];
}

/** A queue: what waits in it, and where its dead letters go. */
export function queueView(state, queue) {
  const queueLink = (name) => link(route("queues", name), name);
  const leaves = queue.maxReceiveCount
    ? `after ${count(queue.maxReceiveCount, "failed receive")}, to ` : "to ";
  return [
    make("h1", {}, queue.name),
    declared(state, route("queues", queue.name)),
    make("section", { class: "panel" }, facts([
      ["Visible", count(queue.visible, "message")],
      ["In flight", count(queue.inFlight, "message")],
      ["Delayed", count(queue.delayed, "message")],
      ["Dead letters", queue.deadLetters ? make("span", {}, leaves, queueLink(queue.deadLetters)) : null],
      ["Takes dead letters of", queue.deadLettersOf.length === 0 ? null
        : make("ul", { class: "inline" }, queue.deadLettersOf.map((name) => make("li", {}, queueLink(name))))],
    ])),
  ];
}

/** E-mail that subscriptions of topics and users of pools got. */
export function mailboxView() {
  const list = slot();
  return {
    title: "Mailbox",
    frame: [
      make("h1", {}, "Mailbox"),
      make("p", { class: "quiet" }, "E-mail of topics and user pools, newest first. Nothing was sent to anybody."),
      list.element,
    ],
    exists: () => true,
    async update() {
      const { mails } = await api.mails();
      list.show(mails, () => (mails.length === 0
        ? [empty("There is no e-mail yet.", "Topics with e-mail subscriptions and user pools write here.")]
        : mails.map(mailPanel)));
    },
  };
}

function mailPanel(mail) {
  const links = [["Confirm subscription", mail.confirmUrl], ["Unsubscribe", mail.unsubscribeUrl]].filter(([, url]) => url);
  return make("article", { class: "panel" },
    make("h2", {}, mail.subject),
    facts([["From", mail.from], ["To", mail.to], ["Time", moment(mail.time)], ["Topic", mail.topic], ["User pool", mail.userPool]]),
    make("pre", { class: "mail", tabindex: "0", "aria-label": `Text of ${mail.subject}` }, mail.body),
    links.length === 0 ? null : make("ul", { class: "inline" }, links.map(([words, url]) => make("li", {}, open(url, words)))));
}
