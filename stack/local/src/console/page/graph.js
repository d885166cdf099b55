// The architecture of a stack, drawn: boxes that are links, with live states, and what leads from one to the other.

import { draw, make } from "./element.js";
import { detailsOf, linksOf, placeOf } from "./resource.js";
import { SHAPES, kindOf, stateOfNode, wordOf } from "./state.js";

/** How far a wide drawing may shrink before it scrolls instead. */
const LEAST_SCALE = 0.7;

/** A drawing of a graph; `update(stack)` shows the states that the stack's resources are in. */
export function drawing(graph, name) {
  const nodes = new Map(graph.nodes.map((node) => [node.id, box(node, graph)]));
  const links = graph.links.map((link) => ({ ...link, element: line(link) }));
  const light = (id, on) => {
    for (const link of links) link.element.classList.toggle("lit", on && (link.from === id || link.to === id));
  };
  for (const [id, node] of nodes) {
    for (const [event, on] of [["focus", true], ["blur", false], ["mouseenter", true], ["mouseleave", false]]) {
      node.element.addEventListener(event, () => light(id, on));
    }
  }
  const svg = draw("svg", {
    viewBox: `0 0 ${graph.width} ${graph.height}`, width: graph.width, height: graph.height,
    role: "group", "aria-label": `Architecture of ${name}`,
  },
    draw("defs", {}, draw("marker", {
      id: "head", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" },
      draw("path", { d: "M0 0L8 4L0 8z", class: "head" }))),
    // The links are told with each box, and in the table below.
    draw("g", { "aria-hidden": "true" }, links.map((link) => link.element)),
    [...nodes.values()].map((node) => node.element));
  svg.style.minWidth = `${Math.round(graph.width * LEAST_SCALE)}px`;
  return {
    element: make("div", { class: "graph", tabindex: "0", role: "region", "aria-label": `Graph of ${name}` }, svg),
    update(stack) {
      for (const node of graph.nodes) nodes.get(node.id).update(stack);
    },
  };
}

function line(link) {
  const mention = link.mention ? " mention" : "";
  return draw("g", { class: `link${mention}` },
    draw("path", { d: link.paths[0] }),
    draw("path", { d: link.paths[1], "marker-end": "url(#head)" }),
    draw("text", { x: link.x, y: link.y + 4 }, link.label));
}

function box(node, graph) {
  const middle = node.x + node.width / 2;
  const shape = draw("path", { class: "shape", transform: `translate(${node.x + 12} ${node.y + node.height - 23})` });
  const word = draw("text", { class: "state", x: node.x + 34, y: node.y + node.height - 10.5 });
  const element = draw("a", { class: "node", "data-key": `node-${node.id}`, "data-node": node.id },
    draw("title", {}, `${node.kind} ${node.name}`),
    draw("rect", { x: node.x, y: node.y, width: node.width, height: node.height, rx: 10 }),
    draw("text", { class: "kind", x: middle, y: node.y + 17 }, node.kind),
    draw("text", { class: "name", x: middle, y: node.y + 34 }, node.name),
    draw("path", { class: "rule", d: `M${node.x} ${node.y + 43}h${node.width}` }),
    shape, word);
  const more = node.resources.length - 1;
  if (more > 0) {
    element.append(draw("text", { class: "more", x: node.x + node.width - 12, y: node.y + node.height - 10.5 }, `+${more}`));
  }
  const around = linksOf(graph, node.id);
  let seen = "";
  const update = (stack) => {
    const status = stateOfNode(node, stack);
    const row = stack.resources.find((candidate) => candidate.logicalId === node.id);
    const href = placeOf(row)?.hash ?? detailsOf(stack, node.id);
    if (seen === status + href) return;
    seen = status + href;
    element.setAttribute("class", `node ${kindOf(status)}`);
    element.setAttribute("href", href);
    element.setAttribute("data-state", status);
    shape.setAttribute("d", SHAPES[kindOf(status)]);
    word.textContent = wordOf(status);
    const parts = more > 0 ? `, with ${more} more resource${more === 1 ? "" : "s"}` : "";
    const leads = around.length > 0 ? `. Links: ${around.join("; ")}` : "";
    element.setAttribute("aria-label", `${node.kind} ${node.name}: ${wordOf(status)}${parts}${leads}`);
  };
  return { element, update };
}
