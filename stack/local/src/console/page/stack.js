// A stack: its architecture with live states, outputs, resources and events.

import * as api from "./api.js";
import { badge, empty, link, make, slot, still, table } from "./element.js";
import { moment } from "./format.js";
import { drawing } from "./graph.js";
import { outputs } from "./overview.js";
import { detailsOf, resourceTable } from "./resource.js";

const NO_GRAPH = { width: 0, height: 0, nodes: [], links: [], left_out: 0 };

/** The view of the stack of a name. */
export function stackView(name, current) {
  const [title, picture, resources, events] = [slot(), slot(), slot(), slot()];
  const out = slot("section", { class: "panel" });
  const find = () => current().stacks.find((stack) => stack.name === name);
  let graph = NO_GRAPH;
  let drawn = null;
  let version = "";

  /** Fetches the graph when another template may have come into force. */
  async function look(stack) {
    const now = JSON.stringify([stack.id, stack.status, stack.updatedAt]);
    if (now === version) return;
    graph = await api.graph(stack.id);
    version = now;
    // A state that changed alone leaves the drawing, and who is in it, where they are.
    picture.show(graph, () => {
      drawn = graph.nodes.length > 0 ? drawing(graph, name) : null;
      if (drawn) return [drawn.element];
      return [graph.left_out > 0
        ? empty("Too large to be drawn.", `${graph.left_out} nodes would show nothing; the table below has them all.`)
        : empty("No resources yet.", "They appear when a change set is executed.")];
    });
  }

  return {
    title: name,
    frame: [
      title.element,
      make("section", { "aria-labelledby": "architecture" },
        make("h2", { id: "architecture" }, "Architecture"), picture.element,
        make("p", { class: "quiet hint" }, "Boxes lead to what they stand for. Dashed lines: one only knows the name of the other.")),
      out.element,
      make("section", {}, make("h2", {}, "Resources"), resources.element),
      make("section", {}, make("h2", {}, "Events"), events.element),
    ],
    exists: () => find() !== undefined,
    async update() {
      const stack = find();
      await look(stack);
      drawn?.update(stack);
      title.show([stack.status, stack.reason], () => [
        make("h1", {}, stack.name, " ", badge(stack.status)),
        stack.reason ? make("p", { class: "reason" }, stack.reason) : null]);
      out.show(stack.outputs, () => [make("h2", {}, "Outputs"), outputs(stack)]);
      resources.show([stack.status, stack.resources, graph], () => [resourceTable(stack, graph)]);
      events.show(stack.events, () => [table(
        `Events of ${stack.name}, newest first`, ["Time", "Logical id", "State", "Reason"],
        stack.events.map((event) => [
          still(moment(Date.parse(event.at))),
          event.logicalId === stack.name ? event.logicalId : link(detailsOf(stack, event.logicalId), event.logicalId),
          badge(event.status), event.reason ?? ""]))]);
    },
  };
}
