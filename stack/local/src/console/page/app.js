// The page: a route in the address, a view for it, and fresh data every second.

import * as api from "./api.js";
import { empty, make, replace, slot } from "./element.js";
import { viewOf } from "./routes.js";
import { side, sideFacts } from "./side.js";
import { wordOf } from "./state.js";

/** Milliseconds between two looks at the cloud. */
const PERIOD = 1000;

const content = document.getElementById("content");
let state = null;
/** What was last drawn, as text: the page is only touched when it differs. */
let drawn = "";
/** The open view, and whether what it shows existed when it was last drawn. */
let open = { hash: null, view: null, there: null };

function currentHash() {
  return location.hash.startsWith("#/") ? location.hash : "#/";
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
    const parts = view.parts();
    const text = parts.flat().filter(Boolean).map((part) => part.outerHTML).join("");
    if (text !== drawn) {
      drawn = text;
      replace(content, parts);
    }
  }
  if (moved && open.view === view) {
    content.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

/** Tells screen readers of stacks that have come to rest or have begun to change. */
let told = null;
function announce() {
  const now = new Map(state.stacks.map((stack) => [stack.name, stack.status]));
  if (told) {
    const changed = [...now].filter(([name, status]) => told.get(name) !== status).map(([name, status]) => `${name}: ${wordOf(status)}`);
    const gone = [...told.keys()].filter((name) => !now.has(name)).map((name) => `${name}: deleted`);
    if (changed.length + gone.length > 0) document.getElementById("news").textContent = [...changed, ...gone].join(", ");
  }
  told = now;
}

const nav = slot();
const header = slot();
async function refresh() {
  let moved = false;
  try {
    state = await api.overview();
    tell("live");
  } catch {
    tell("lost");
    return;
  }
  announce();
  if (open.hash !== currentHash()) {
    open.view?.stop?.();
    // The first page is not moved to: its reader starts at the top, not in the content.
    moved = open.hash !== null;
    open = { hash: currentHash(), view: viewOf(currentHash(), () => state, refresh), there: null };
    drawn = "";
  }
  document.title = `${open.view.title} - Local cloud`;
  nav.show(sideFacts(state, open.hash), () => side(state, open.hash));
  header.show([state.endpoint, state.region, state.account], facts);
  try {
    await draw(moved);
  } catch (error) {
    drawn = "";
    open.there = null;
    replace(content, make("h1", {}, open.view.title), empty("This cannot be shown.", error.message));
  }
}

const LINE = { live: "live", lost: "the local cloud does not answer" };
function tell(kind) {
  const line = document.getElementById("link-state");
  // Set only when it changes: a reader is told once.
  if (line.textContent === LINE[kind]) return;
  line.textContent = LINE[kind];
  line.className = `link-state ${kind}`;
}

function facts() {
  const entries = [["Endpoint", state.endpoint], ["Region", state.region], ["Account", state.account]];
  return [make("dl", { class: "facts" }, entries.map(([term, value]) =>
    make("div", {}, make("dt", {}, term), make("dd", {}, value))))];
}

async function tick() {
  if (!document.hidden) await refresh();
  setTimeout(tick, PERIOD);
}

document.getElementById("side").append(nav.element);
document.getElementById("facts").append(header.element);
addEventListener("hashchange", () => refresh());
// The address says which view is open, so the link that skips to it must not change the address.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  content.focus();
});
document.addEventListener("stored", () => refresh());
// A file dropped beside a bucket must not make the browser leave the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => event.preventDefault());
tick();
