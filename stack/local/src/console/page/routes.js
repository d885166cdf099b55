// Which view an address shows.

import { bucketView } from "./bucket.js";
import { empty, make } from "./element.js";
import { overview } from "./overview.js";
import { requestsView } from "./requests.js";
import { resourceView } from "./resource.js";
import { stackView } from "./stack.js";
import { tableView } from "./tables.js";
import { distributionView, functionView, mailboxView, queueView, topicView } from "./things.js";

/**
 * The view of a hash. `current()` gives the newest state, `refresh()` asks for a newer one.
 *
 * A view has a `title`, and either `parts()`, elements made of the newest state, or a `frame` of elements that stay, which
 * `update()` fills as long as what it shows `exists()`.
 */
export function viewOf(hash, current, refresh) {
  const [kind = "", name = "", part = ""] = hash.split("/").slice(1).map(decoded);
  const gone = () => [make("h1", {}, name || "Not found"), empty("This does not exist.", "It may have gone with its stack.")];
  const find = (list, key, view) => ({
    title: name,
    parts: () => {
      const item = current()[list].find((candidate) => candidate[key] === name);
      return item ? view(current(), item) : gone();
    },
  });
  const views = {
    "": () => ({ title: "Overview", parts: () => overview(current()) }),
    buckets: () => bucketView(name, current, refresh),
    distributions: () => find("distributions", "id", distributionView),
    functions: () => functionView(name, current),
    mailbox: () => mailboxView(),
    queues: () => find("queues", "name", queueView),
    requests: () => requestsView(),
    resources: () => ({ title: part, parts: () => resourceView(current(), name, part) }),
    stacks: () => stackView(name, current),
    tables: () => tableView(name, current),
    topics: () => find("topics", "arn", topicView),
  };
  const view = Object.hasOwn(views, kind) ? views[kind]() : { title: "Not found", parts: gone };
  return { gone, ...view };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    // Typed by somebody; it names nothing.
    return part;
  }
}
