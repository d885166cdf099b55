// What the page asks of the local cloud. Same origin only.

const ROOT = "/_stack/api";

async function answer(response) {
  if (response.ok) return response;
  const text = await response.text();
  throw new Error(text.trim() || `${response.status} ${response.statusText}`);
}

async function json(path) {
  return (await answer(await fetch(path, { cache: "no-store" }))).json();
}

const query = (values) => new URLSearchParams(values).toString();

/** Everything that the side bar and the overview show. */
export const overview = () => json(`${ROOT}/overview`);

/** The first objects of a bucket, in order of key. */
export const objects = (bucket, limit) => json(`${ROOT}/objects?${query({ bucket, limit })}`);

/** Log events of a group from a number on, oldest first, and the number to go on from. */
export const logs = (group, from) => json(`${ROOT}/logs?${query({ group, from })}`);

/** The architecture of a stack, laid out. */
export const graph = (stackId) => json(`${ROOT}/graph?${query({ stack: stackId })}`);

/** All tables with keys, indexes and counts. */
export const tables = () => json(`${ROOT}/tables`);

/** A page of items from behind a key (`null` for the first page). */
export const items = (table, after) => json(`${ROOT}/items?${query({ table, after: after ? JSON.stringify(after) : "" })}`);

/** Requests that were answered after one of them, oldest first. */
export const requests = (after) => json(`${ROOT}/requests?${query({ after })}`);

/** Mail that topics and user pools sent, newest first. */
export const mails = () => json("/_stack/mailbox.json");

/** Where an object's bytes are. `version` makes a changed object a new address. */
export const objectUrl = (bucket, key, version = "") => `${ROOT}/object?${query({ bucket, key, v: version })}`;

/** Puts a file, as an S3 client would. */
export async function upload(bucket, key, file) {
  await answer(await fetch(objectUrl(bucket, key), {
    method: "PUT",
    headers: { "content-type": file.type || "application/octet-stream", "x-stack-console": "1" },
    body: file,
  }));
}
