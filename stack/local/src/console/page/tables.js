// A table: keys, indexes, and its items, page by page. Nothing is changed here.

import * as api from "./api.js";
import { badge, empty, facts, make, replace, route, slot, table } from "./element.js";
import { bytes, count } from "./format.js";
import { declared } from "./resource.js";

const TYPES = { S: "text", N: "number", B: "binary" };

const keysOf = (keys) => keys.map((key) => `${key.name} (${key.role} key, ${TYPES[key.type] ?? key.type})`).join(", ");

export function tableView(name, current) {
  const [origin, about] = [slot(), slot()];
  const list = make("div", {});
  const state = make("p", { class: "quiet", role: "status" });
  /** Pages that are shown. */
  let pages = [];
  let wanted = 1;

  /** Fetches what is shown, again: functions may have written meanwhile. */
  async function look() {
    const fresh = [];
    do {
      fresh.push(await api.items(name, fresh.at(-1)?.next ?? null));
    } while (fresh.length < wanted && fresh.at(-1).next);
    // More may have been asked for meanwhile; the next look has it.
    if (JSON.stringify(fresh) === JSON.stringify(pages) || (fresh.length < wanted && fresh.at(-1).next)) return;
    pages = fresh;
    show();
  }

  async function more() {
    wanted += 1;
    await look();
    state.textContent = `${count(pages.reduce((sum, page) => sum + page.rows.length, 0), "item")} shown`;
  }

  function show() {
    const columns = [...new Set(pages.flatMap((page) => page.columns))];
    const rows = pages.flatMap((page) => page.rows.map((row) => {
      const cells = new Map(page.columns.map((column, index) => [column, row[index]]));
      return columns.map((column) => {
        const value = cells.get(column);
        return value === null || value === undefined
          ? make("span", { class: "quiet" }, make("span", { "aria-hidden": "true" }, "–"), make("span", { class: "unseen" }, "none"))
          : make("code", {}, value);
      });
    }));
    const hidden = Math.max(...pages.map((page) => page.hiddenColumns));
    replace(list,
      rows.length === 0 ? empty("No items.", "Functions and any DynamoDB client write them.") : table(`Items of ${name}`, columns, rows),
      hidden > 0 ? make("p", { class: "quiet" }, `${count(hidden, "more attribute")} not shown.`) : null,
      pages.at(-1).next ? make("button", { type: "button", "data-key": "more", click: more }, "Show more items") : null);
  }

  return {
    title: name,
    frame: [make("h1", {}, name), origin.element, about.element, make("h2", {}, "Items"), state, list],
    exists: () => current().tables.includes(name),
    async update() {
      const line = declared(current(), route("tables", name));
      origin.show(line?.textContent ?? "", () => [line]);
      const { tables } = await api.tables();
      const found = tables.find((one) => one.name === name);
      if (!found) return;
      about.show(found, () => aboutTable(found));
      await look();
    },
  };
}

function aboutTable(found) {
  return [
    make("section", { class: "panel" }, facts([
      ["State", badge(found.status)],
      ["Items", `${found.items ?? 0}, ${bytes(found.bytes ?? 0)}`],
      ["Keys", keysOf(found.keys)],
      ["Stream", found.stream ? found.stream.replaceAll("_", " ").toLowerCase() : null],
    ])),
    found.indexes.length === 0 ? null : make("section", {}, make("h2", {}, "Indexes"), table(
      `Indexes of ${found.name}`, ["Index", "Keys", "Scope", "Projection"],
      found.indexes.map((index) => [index.name, keysOf(index.keys), index.scope, (index.projection ?? "").replaceAll("_", " ").toLowerCase()]))),
  ];
}
