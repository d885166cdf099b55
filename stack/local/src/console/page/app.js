// The page: a route in the address, a view for it, and fresh data every second.

import * as api from "./api.js";
import { empty, make, replace } from "./element.js";
import { follow } from "./log.js";
import { uploadField } from "./upload.js";
import * as views from "./views.js";

/** Milliseconds between two looks at the cloud. */
const PERIOD = 1000;

/** Objects that a bucket shows at first, and that "Show more" adds. */
const PAGE = 200;

const content = document.getElementById("content");
let state = null;
/** What was last drawn, as text: the page is only touched when it differs. */
let drawn = "";
/** The open view, and whether what it shows existed when it was last drawn. */
let open = { hash: null, view: null, there: null };

function currentHash() {
  return location.hash.startsWith("#/") ? location.hash : "#/";
}

/** The view of a hash: `draw` is called with fresh state, and may fetch more. */
function viewOf(hash) {
  const [, kind = "", encoded = ""] = hash.split("/");
  const name = decodeURIComponent(encoded);
  const gone = () => [make("h1", {}, name || "Not found"), empty("This does not exist.", "It may have gone with its stack.")];
  const find = (list, key, view) => async () => {
    const item = state[list].find((candidate) => candidate[key] === name);
    return item ? view(item) : gone();
  };
  switch (kind) {
    case "": return { title: "Overview", parts: async () => views.overview(state) };
    case "stacks": return { title: name, parts: find("stacks", "name", views.stackView) };
    case "distributions": return { title: name, parts: find("distributions", "id", views.distributionView) };
    case "topics": return { title: name, parts: find("topics", "arn", views.topicView) };
    case "buckets": return bucketView(name, gone);
    case "functions": return functionView(name, gone);
    default: return { title: "Not found", parts: async () => gone() };
  }
}

/** Upload field on top, which stays while the list below it changes. */
function bucketView(name, gone) {
  let limit = PAGE;
  const list = make("div", {});
  let seen = "";
  const more = () => { limit += PAGE; refresh(); };
  return {
    title: name,
    frame: [make("h1", {}, name), uploadField(name), list],
    exists: () => state.buckets.some((bucket) => bucket.name === name),
    gone,
    async update() {
      const listing = await api.objects(name, limit);
      const text = JSON.stringify(listing);
      if (text === seen) return;
      seen = text;
      replace(list, views.objectTable(name, listing, more));
    },
  };
}

/** Facts on top, the log below. */
function functionView(name, gone) {
  let log = null;
  const place = make("div", {});
  return {
    title: name,
    frame: [make("h1", {}, name), place],
    exists: () => state.functions.some((item) => item.name === name),
    gone,
    async update() {
      if (log) return;
      const item = state.functions.find((candidate) => candidate.name === name);
      log = follow(item.logGroup);
      replace(place, make("section", { class: "panel" }, views.functionFacts(item)), make("h2", {}, "Log"), log.element);
    },
    stop: () => log?.stop(),
  };
}

async function draw(moved) {
  const view = open.view;
  if (view.frame) {
    const there = view.exists();
    if (open.there !== there) {
      open.there = there;
      replace(content, there ? view.frame : view.gone());
    }
    if (there) await view.update();
  } else {
    const parts = await view.parts();
    if (open.view !== view) return;
    const text = parts.flat().filter(Boolean).map((part) => part.outerHTML).join("");
    if (text !== drawn) {
      drawn = text;
      replace(content, parts);
    }
  }
  if (moved) {
    content.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

let sideDrawn = "";
async function refresh() {
  let moved = false;
  const line = document.getElementById("link-state");
  try {
    state = await api.overview();
    line.textContent = "live";
    line.className = "link-state live";
  } catch {
    line.textContent = "the local cloud does not answer";
    line.className = "link-state lost";
    return;
  }
  if (open.hash !== currentHash()) {
    open.view?.stop?.();
    // The first page is not moved to: its reader starts at the top, not in the content.
    moved = open.hash !== null;
    open = { hash: currentHash(), view: viewOf(currentHash()), there: null };
    drawn = "";
  }
  document.title = `${open.view.title} - Local cloud`;
  const side = JSON.stringify([state.stacks, state.buckets, state.functions, state.distributions, state.topics, open.hash]);
  if (side !== sideDrawn) {
    sideDrawn = side;
    replace(document.getElementById("side"), views.side(state, open.hash));
    replace(document.getElementById("facts"), facts());
  }
  try {
    await draw(moved);
  } catch (error) {
    replace(content, make("h1", {}, open.view.title), empty("This cannot be shown.", error.message));
  }
}

function facts() {
  return [["Endpoint", state.endpoint], ["Region", state.region], ["Account", state.account]].map(([term, value]) =>
    make("div", {}, make("dt", {}, term), make("dd", {}, value)));
}

async function tick() {
  if (!document.hidden) await refresh();
  setTimeout(tick, PERIOD);
}

addEventListener("hashchange", () => refresh());
document.addEventListener("stored", () => refresh());
// A file dropped beside a bucket must not make the browser leave the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => event.preventDefault());
tick();
