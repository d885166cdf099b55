// What the page asks of the local cloud. Same origin only.

const ROOT = "/_stack/api";

async function answer(response) {
  if (response.ok) return response;
  const text = await response.text();
  throw new Error(text.trim() || `${response.status} ${response.statusText}`);
}

async function json(path) {
  return (await answer(await fetch(`${ROOT}${path}`, { cache: "no-store" }))).json();
}

/** Everything that the side bar and the overview show. */
export const overview = () => json("/overview");

/** The first objects of a bucket, in order of key. */
export const objects = (bucket, limit) => json(`/objects?bucket=${encodeURIComponent(bucket)}&limit=${limit}`);

/** Log events of a group from a number on, oldest first, and the number to go on from. */
export const logs = (group, from) => json(`/logs?group=${encodeURIComponent(group)}&from=${from}`);

/** Where an object's bytes are. `version` makes a changed object a new address. */
export const objectUrl = (bucket, key, version = "") =>
  `${ROOT}/object?bucket=${encodeURIComponent(bucket)}&key=${encodeURIComponent(key)}&v=${encodeURIComponent(version)}`;

/** Puts a file, as an S3 client would. */
export async function upload(bucket, key, file) {
  await answer(await fetch(objectUrl(bucket, key), {
    method: "PUT",
    headers: { "content-type": file.type || "application/octet-stream", "x-stack-console": "1" },
    body: file,
  }));
}
