// A log that grows: lines are appended, and the newest stays in view until the reader scrolls up.

import { logs } from "./api.js";
import { make } from "./element.js";
import { moment } from "./format.js";

/** Most lines that are kept in the page. */
const LIMIT = 2000;

/** Shows a log group and follows it until `stop()`. */
export function follow(group) {
  const list = make("ol", { class: "log", role: "log", "aria-label": `Log of ${group}`, tabindex: "0" });
  const none = make("p", { class: "quiet" }, "Nothing logged yet. Invoke the function, or put an object into a bucket that triggers it.");
  const element = make("div", {}, none, list);
  let from = 0;
  let stopped = false;

  async function poll() {
    try {
      const { events, next } = await logs(group, from);
      from = next;
      if (events.length > 0) append(events);
    } catch {
      // The page's own state line tells that the cloud does not answer.
    }
    if (!stopped) setTimeout(poll, 700);
  }

  function append(events) {
    none.hidden = true;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(...events.map((event) => make("li", { class: kind(event.message) },
      make("time", { datetime: new Date(event.time).toISOString() }, moment(event.time)),
      make("span", {}, event.message.trimEnd()))));
    while (list.childElementCount > LIMIT) list.firstElementChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
  }

  poll();
  return { element, stop: () => { stopped = true; } };
}

function kind(message) {
  if (/^(START|END|REPORT|INIT_START) /.test(message)) return "platform";
  return /\b(ERROR|error|panicked|Task timed out)\b/.test(message) ? "error" : null;
}
