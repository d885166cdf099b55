// States of stacks and resources: what they mean, in a word, a color and a shape.

/** What a state is like: `good`, `busy`, `bad`, or `none` for what is not there. */
export function kindOf(status) {
  if (/FAILED|ROLLBACK_COMPLETE|unreachable/.test(status)) return "bad";
  if (/IN_PROGRESS|pending/i.test(status)) return "busy";
  if (/^(waiting|not there|deleted|disabled)$/.test(status)) return "none";
  return "good";
}

/** `CREATE_COMPLETE` -> `create complete`. */
export const wordOf = (status) => status.replaceAll("_", " ").toLowerCase();

/** Data of a path that draws a state in a square of 16: a shape of its own for each kind, for those who see no colors. */
export const SHAPES = {
  good: "M3 8.5 6.5 12 13 4.5",
  busy: "M8 2a6 6 0 1 0 6 6M8 5v3.5l2.5 1.5",
  bad: "M4 4 12 12M12 4 4 12",
  none: "M3 8h2.5M7 8h2.5M11 8h2.5",
};

/** What a resource is in while the stack has no row for it (yet, or any more). */
export function absent(stack) {
  if (/DELETE|ROLLBACK/.test(stack.status)) return "deleted";
  return /IN_PROGRESS/.test(stack.status) ? "waiting" : "not there";
}

/** The state of a node: the worst of its resources, and whether all are there. */
export function stateOfNode(node, stack) {
  const rows = new Map(stack.resources.map((row) => [row.logicalId, row.status]));
  const all = node.resources.map((id) => rows.get(id) ?? null);
  const there = all.filter(Boolean);
  const worst = there.find((status) => status.endsWith("_FAILED")) ?? there.find((status) => status.endsWith("_IN_PROGRESS"));
  if (worst) return worst;
  if (there.length === 0) return absent(stack);
  if (there.length < all.length && /IN_PROGRESS/.test(stack.status)) {
    return /DELETE|ROLLBACK/.test(stack.status) ? "DELETE_IN_PROGRESS" : "CREATE_IN_PROGRESS";
  }
  return rows.get(node.id) ?? absent(stack);
}
