// Resources of stacks: where each is shown, and what is known of it.

import { badge, code, empty, facts, link, make, open, route, still, table } from "./element.js";
import { moment } from "./format.js";
import { absent } from "./state.js";

/** Where the things of a type are shown, by their physical id, and what is to be seen there. */
const PLACES = {
  "AWS::S3::Bucket": (id) => [route("buckets", id), "objects"],
  "AWS::Lambda::Function": (id) => [route("functions", id), "log"],
  "AWS::DynamoDB::Table": (id) => [route("tables", id), "items"],
  "AWS::DynamoDB::GlobalTable": (id) => [route("tables", id), "items"],
  "AWS::SNS::Topic": (id) => [route("topics", id), "subscriptions"],
  "AWS::SQS::Queue": (id) => [route("queues", id.split("/").at(-1)), "messages"],
  "AWS::CloudFront::Distribution": (id) => [route("distributions", id), "addresses"],
  // arn:aws:cloudformation:<region>:<account>:stack/<name>/<uuid>
  "AWS::CloudFormation::Stack": (id) => [route("stacks", id.split("/").at(1) ?? id), "resources"],
};

/** Where a resource itself is shown and what of it; `null` for types that have no view, and before it is made. */
export function placeOf(row) {
  if (!row?.physicalId) return null;
  const place = PLACES[row.type]?.(row.physicalId);
  return place ? { hash: place[0], word: place[1] } : null;
}

/** The hash of a resource's details. */
export const detailsOf = (stack, logicalId) => route("resources", stack.name, logicalId);

/** A line that leads from a thing to where it is declared. */
export function declared(state, hash) {
  for (const stack of state.stacks) {
    const row = stack.resources.find((candidate) => placeOf(candidate)?.hash === hash);
    if (row) {
      return make("p", { class: "quiet declared" }, "Resource ", link(detailsOf(stack, row.logicalId), row.logicalId),
        " of stack ", link(route("stacks", stack.name), stack.name));
    }
  }
  return null;
}

/**
 * All resources of a stack, those that are not there (yet, or any more) among them; what belongs together in the graph is told
 * here in words.
 */
export function resourceTable(stack, graph) {
  const owners = new Map(graph.nodes.flatMap((node) => node.resources.map((id) => [id, node])));
  const there = new Set(stack.resources.map((row) => row.logicalId));
  const links = (id) => {
    const node = owners.get(id);
    return node && node.id !== id ? `part of ${node.id}` : linksOf(graph, id).join("; ");
  };
  const rows = stack.resources.map((row) => [
    [link(detailsOf(stack, row.logicalId), row.logicalId),
      row.physicalId ? make("code", { class: "under" }, row.physicalId) : null],
    badge(row.status),
    row.type.replaceAll("::", "::\u200b"),
    links(row.logicalId),
  ]);
  const missing = [...owners].filter(([id]) => !there.has(id)).map(([id, node]) =>
    [id, badge(absent(stack)), node.id === id ? node.kind : "", links(id)]);
  return table(`Resources of ${stack.name}`, ["Resource", "State", "Type", "Links"], [...rows, ...missing]);
}

/** The links of a node in words, those that it makes first. */
export function linksOf(graph, id) {
  const words = (link) => link.label || "knows";
  const out = graph.links.filter((link) => link.from === id)
    .map((link) => `${words(link)} → ${link.to}`);
  const inward = graph.links.filter((link) => link.to === id)
    .map((link) => `${words(link)} ← ${link.from}`);
  return [...out, ...inward];
}

/** Everything that is known of one resource. */
export function resourceView(state, stackName, logicalId) {
  const stack = state.stacks.find((candidate) => candidate.name === stackName);
  const row = stack?.resources.find((candidate) => candidate.logicalId === logicalId);
  if (!row) {
    return [make("h1", {}, logicalId),
      empty("This resource does not exist.", stack ? "It is not made yet, or it is deleted." : "It may have gone with its stack.")];
  }
  const place = placeOf(row);
  const isAddress = /^https?:\/\//.test(row.physicalId ?? "");
  const events = stack.events.filter((event) => event.logicalId === logicalId);
  return [
    make("h1", {}, row.logicalId, " ", badge(row.status)),
    make("section", { class: "panel" },
      row.reason ? make("p", { class: "reason" }, row.reason) : null,
      facts([
        ["Stack", link(route("stacks", stack.name), stack.name)],
        ["Type", row.type],
        ["Physical id", row.physicalId ? (isAddress ? open(row.physicalId, row.physicalId) : code(row.physicalId)) : null],
        ["Made after", row.dependencies.length === 0 ? null : make("ul", { class: "inline" }, row.dependencies.map((id) =>
          make("li", {}, link(detailsOf(stack, id), id))))],
        ["Look into", place ? link(place.hash, `${place.word} of ${row.logicalId}`) : null],
      ])),
    make("section", {}, make("h2", {}, "Events"), events.length === 0
      ? empty("No events any more.", "The newest events of the stack do not name this resource.")
      : table(`Events of ${row.logicalId}, newest first`, ["Time", "State", "Reason"],
        events.map((event) => [still(moment(Date.parse(event.at))), badge(event.status), event.reason ?? ""]))),
  ];
}
