// The views. Each takes what was fetched and gives elements.

import { objectUrl } from "./api.js";
import { badge, empty, make, table } from "./element.js";
import { bytes, count, moment } from "./format.js";
import { acceptDrops } from "./upload.js";

const link = (hash, text) => make("a", { href: hash, "data-key": hash }, text);
const route = (kind, name) => `#/${kind}/${encodeURIComponent(name)}`;
const code = (text) => make("code", {}, text);

/** Links to everything, with the open one marked. */
export function side(state, open) {
  const group = (title, kind, items) => items.length === 0 ? null : make(
    "section", {},
    make("h2", {}, title),
    make("ul", {}, items.map(([name, text, note]) => make("li", {}, make(
      "a",
      { href: route(kind, name), "data-key": route(kind, name), "aria-current": open === route(kind, name) ? "page" : null },
      make("span", { class: "side-name" }, text), note ?? null,
    )))),
  );
  return [
    make("section", {}, make("ul", {}, make("li", {}, make(
      "a", { href: "#/", "data-key": "#/", "aria-current": open === "#/" ? "page" : null }, "Overview")))),
    group("Stacks", "stacks", state.stacks.map((stack) => [stack.name, stack.name, dot(stack.status)])),
    group("Buckets", "buckets", state.buckets.map((bucket) =>
      [bucket.name, shortName(bucket.name, state), make("span", { class: "side-note" }, bucket.truncated ? `${bucket.objects}+` : String(bucket.objects))])),
    group("Functions", "functions", state.functions.map((item) => [item.name, item.name])),
    group("Distributions", "distributions", state.distributions.map((item) => [item.id, item.id])),
    group("Topics", "topics", state.topics.map((topic) => [topic.arn, topic.name])),
  ];
}

function dot(status) {
  const element = badge(status);
  element.classList.add("dot");
  element.title = status;
  return element;
}

/** What there is, at a glance; a file can be dropped on any bucket. */
export function overview(state) {
  if (state.stacks.length + state.buckets.length + state.functions.length === 0) {
    return [
      make("h1", {}, "Nothing here yet"),
      empty("The local cloud is running and empty.",
        "In a project directory, run ", code("stack deploy --local"), " or keep ", code("stack dev"), " running."),
    ];
  }
  return [
    make("h1", {}, "Overview"),
    state.pictures.length === 0 ? null : make("section", { "aria-labelledby": "latest" },
      make("h2", { id: "latest" }, "Latest pictures"),
      make("ul", { class: "strip" }, state.pictures.map((picture) =>
        make("li", {}, pictureLink(picture, shortName(picture.bucket, state)))))),
    make("section", { "aria-labelledby": "buckets" },
      make("h2", { id: "buckets" }, "Buckets"),
      make("ul", { class: "cards" }, state.buckets.map((bucket) => make("li", {}, acceptDrops(
        make("a", { class: "card", href: route("buckets", bucket.name), "data-key": `card-${bucket.name}` },
          make("span", { class: "card-title" }, shortName(bucket.name, state)),
          make("code", { class: "quiet" }, bucket.name),
          make("span", { class: "quiet" }, bucket.truncated ? `more than ${bucket.objects} objects` : `${count(bucket.objects, "object")}, ${bytes(bucket.bytes)}`),
          make("span", { class: "card-hint" }, "drop files here")),
        bucket.name))))),
    ...state.stacks.map((stack) => make("section", { class: "panel" },
      make("h2", {}, link(route("stacks", stack.name), stack.name), " ", badge(stack.status)),
      outputs(stack))),
  ];
}

/** A bucket's name without the account and region that make it unique. */
function shortName(bucket, state) {
  const tail = `-${state.account}-${state.region}`;
  return bucket.endsWith(tail) ? bucket.slice(0, -tail.length) : bucket;
}

function pictureLink(object, bucket) {
  const url = objectUrl(object.bucket, object.key, object.etag);
  return make("a", { class: "picture", href: url, target: "_blank", rel: "noopener", "data-key": url },
    make("img", { src: url, alt: `${object.key} in ${bucket}`, loading: "lazy" }),
    make("span", { class: "picture-key" }, object.key),
    make("span", { class: "quiet" }, bucket));
}

/** The objects of a bucket. */
export function objectTable(bucket, listing, more) {
  if (listing.objects.length === 0) {
    return [empty("No objects.", "Drop a file above, or run ", code(`aws s3 cp photo.jpg s3://${bucket}/`), ".")];
  }
  const rows = listing.objects.map((object) => {
    const url = objectUrl(bucket, object.key, object.etag);
    return [
      make("a", { class: "object", href: url, target: "_blank", rel: "noopener", "data-key": object.key },
        object.picture
          ? make("img", { class: "thumb", src: url, alt: "", loading: "lazy" })
          : make("span", { class: "thumb file", "aria-hidden": "true" }, extension(object.key)),
        object.key),
      bytes(object.size),
      moment(object.modified),
    ];
  });
  return [
    table(`Objects of ${bucket}`, ["Key", "Size", "Modified"], rows),
    listing.truncated ? make("button", { type: "button", "data-key": "more", click: more }, "Show more") : null,
  ];
}

function extension(key) {
  const found = /\.([a-z0-9]{1,4})$/i.exec(key);
  return found ? found[1].toLowerCase() : "file";
}

function outputs(stack) {
  const entries = Object.entries(stack.outputs);
  if (entries.length === 0) return make("p", { class: "quiet" }, "No outputs.");
  return make("dl", { class: "outputs" }, entries.flatMap(([name, value]) => [
    make("dt", {}, name),
    make("dd", {}, /^https?:\/\//.test(value)
      ? make("a", { href: value, target: "_blank", rel: "noopener", "data-key": value }, value)
      : code(value)),
  ]));
}

/** A stack with its outputs, resources and events. */
export function stackView(stack) {
  return [
    make("h1", {}, stack.name, " ", badge(stack.status)),
    stack.reason ? make("p", { class: "reason" }, stack.reason) : null,
    make("section", { class: "panel" }, make("h2", {}, "Outputs"), outputs(stack)),
    make("section", {}, make("h2", {}, "Resources"), table(
      `Resources of ${stack.name}`, ["Logical id", "Type", "Physical id", "Status"],
      stack.resources.map((resource) =>
        [resource.logicalId, resource.type, code(resource.physicalId ?? ""), badge(resource.status)]))),
    make("section", {}, make("h2", {}, "Events"), table(
      `Events of ${stack.name}, newest first`, ["Time", "Logical id", "Status", "Reason"],
      stack.events.map((event) => [moment(Date.parse(event.at)), event.logicalId, badge(event.status), event.reason ?? ""]))),
  ];
}

/** A distribution: where it answers and from what. */
export function distributionView(distribution) {
  return [
    make("h1", {}, distribution.id, " ", badge(distribution.status)),
    make("section", { class: "panel" }, make("dl", { class: "outputs" },
      make("dt", {}, "Open"), make("dd", {}, make("a",
        { href: distribution.url, target: "_blank", rel: "noopener", "data-key": distribution.url }, distribution.url)),
      make("dt", {}, "By path"), make("dd", {}, make("a",
        { href: distribution.path, target: "_blank", rel: "noopener", "data-key": distribution.path }, distribution.path)),
      distribution.origins.flatMap((origin) => [make("dt", {}, "Origin"), make("dd", {}, code(origin))]))),
  ];
}

/** A topic and who listens. */
export function topicView(topic) {
  return [
    make("h1", {}, topic.name),
    make("p", { class: "quiet" }, code(topic.arn)),
    topic.subscriptions.length === 0
      ? empty("No subscriptions.", "Declare one under ", code("topics:"), " in stack.yaml.")
      : table(`Subscriptions of ${topic.name}`, ["Endpoint", "Protocol", "State"], topic.subscriptions.map((subscription) =>
        [code(subscription.endpoint), subscription.protocol, badge(subscription.confirmed ? "confirmed" : "waiting")])),
  ];
}

/** The facts of a function, above its log. */
export function functionFacts(item) {
  return make("dl", { class: "outputs" },
    make("dt", {}, "Runtime"), make("dd", {}, item.runtime),
    make("dt", {}, "Memory"), make("dd", {}, `${item.memory} MB`),
    make("dt", {}, "Timeout"), make("dd", {}, `${item.timeout} s`),
    make("dt", {}, "Package"), make("dd", {}, `${bytes(item.packageSize)}, ${item.architecture}`),
    make("dt", {}, "Log group"), make("dd", {}, code(item.logGroup)));
}
