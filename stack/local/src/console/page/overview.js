// What there is, at a glance; a file can be dropped on any bucket.

import { objectUrl } from "./api.js";
import { badge, code, empty, facts, link, make, open, route } from "./element.js";
import { bytes, count, shortName } from "./format.js";
import { acceptDrops } from "./upload.js";

export function overview(state) {
  if (state.stacks.length + state.buckets.length + state.functions.length + state.tables.length + state.queues.length === 0) {
    return [
      make("h1", {}, "Nothing here yet"),
      empty("The local cloud is running and empty.",
        "In a project directory, run ", code("stack deploy --local"), " or keep ", code("stack dev"), " running."),
    ];
  }
  return [
    make("h1", {}, "Overview"),
    ...state.stacks.map(stackPanel),
    section("Open", "sites", state.sites.map((site) => make("li", {}, siteCard(site, state)))),
    state.pictures.length === 0 ? null : make("section", { "aria-labelledby": "latest" },
      make("h2", { id: "latest" }, "Latest pictures"),
      make("ul", { class: "strip" }, state.pictures.map((picture) =>
        make("li", {}, pictureLink(picture, shortName(picture.bucket, state)))))),
    section("Buckets", "buckets", state.buckets.map((bucket) => make("li", {}, bucketCard(bucket, state)))),
  ];
}

function section(title, id, cards) {
  if (cards.length === 0) return null;
  return make("section", { "aria-labelledby": id }, make("h2", { id }, title), make("ul", { class: "cards" }, cards));
}

function stackPanel(stack) {
  const there = stack.resources.length;
  return make("section", { class: "panel" },
    make("h2", {}, link(route("stacks", stack.name), stack.name), " ", badge(stack.status)),
    stack.reason ? make("p", { class: "reason" }, stack.reason) : null,
    make("p", { class: "quiet" }, `${count(there, "resource")}. `,
      make("a", { href: route("stacks", stack.name), "data-key": `graph-${stack.name}` }, `Architecture and events of ${stack.name}`)),
    outputs(stack));
}

/** The outputs of a stack; addresses are links. */
export function outputs(stack) {
  const entries = Object.entries(stack.outputs);
  if (entries.length === 0) return make("p", { class: "quiet" }, "No outputs.");
  return facts(entries.map(([name, value]) => [name, /^https?:\/\//.test(value) ? open(value, value) : code(value)]));
}

function siteCard(site, state) {
  return make("a", { class: "card site", href: site.url, target: "_blank", rel: "noopener", "data-key": `site-${site.url}` },
    make("span", { class: "card-kind" }, site.kind),
    make("span", { class: "card-title" }, shortName(site.name, state)),
    make("code", { class: "quiet" }, site.url.replace(/\?.*/, "?…")));
}

function bucketCard(bucket, state) {
  const size = bucket.truncated ? `more than ${bucket.objects} objects` : `${count(bucket.objects, "object")}, ${bytes(bucket.bytes)}`;
  return acceptDrops(
    make("a", { class: "card", href: route("buckets", bucket.name), "data-key": `card-${bucket.name}` },
      make("span", { class: "card-title" }, shortName(bucket.name, state)),
      make("code", { class: "quiet" }, bucket.name),
      make("span", { class: "quiet" }, size),
      make("span", { class: "card-hint" }, "drop files here")),
    bucket.name);
}

function pictureLink(object, bucket) {
  const url = objectUrl(object.bucket, object.key, object.etag);
  return make("a", { class: "picture", href: url, target: "_blank", rel: "noopener", "data-key": url },
    make("img", { src: url, alt: `${object.key} in ${bucket}`, loading: "lazy" }),
    make("span", { class: "picture-key" }, object.key),
    make("span", { class: "quiet" }, bucket));
}
