// The API of the avatars. It answers where this page lies: addresses are relative, here and on AWS.

import { Refusal } from "./cognito.js";

// Largest photo, in bytes.
const LARGEST = 10 << 20;

const EXTENSIONS = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif" };

async function ask(path, options = {}) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    // The API itself, without its functions, has a text in place of an error.
    const code = body.error?.code ?? (answer.status === 401 || answer.status === 403 ? "unauthenticated" : "failed");
    throw new Refusal(code, body.error?.message ?? body.message ?? `the server answered ${answer.status}`);
  }
  return body;
}

function post(path, user, body) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${user.token}` };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

// The profile with a handle; null when there is none.
export async function findProfile(handle) {
  try {
    return (await ask(`api/profile/${encodeURIComponent(handle)}`)).profile;
  } catch (error) {
    if (error.code === "profile-not-found" || error.code === "not-found") {
      return null;
    }
    throw error;
  }
}

export async function saveProfile(user, fields) {
  return (await post("api/profile/update", user, fields)).profile;
}

function avatarAddress(id) {
  return `avatars/${encodeURIComponent(id)}.jpg`;
}

// The picture of a user as a blob, and what tells it from others; null when there is none.
export async function readAvatar(id) {
  const answer = await fetch(avatarAddress(id), { cache: "no-store" });
  if (answer.status === 403 || answer.status === 404) {
    return null;
  }
  if (!answer.ok) {
    throw new Refusal("failed", `the avatar cannot be read: the server answered ${answer.status}`);
  }
  const version = `${answer.headers.get("etag")} ${answer.headers.get("last-modified")}`;
  return { version, picture: await answer.blob() };
}

// Puts a photo straight into the bucket; `tell` hears the part that has arrived, from 0 to 1.
export async function upload(user, file, tell) {
  const extension = EXTENSIONS[file.type];
  if (!extension) {
    throw new Refusal("type-refused", "this file is not a JPEG, PNG, WebP or GIF picture");
  }
  if (file.size === 0 || file.size > LARGEST) {
    throw new Refusal("size-refused", "the photo must have at least one byte and at most 10 MiB");
  }
  const grant = await post("avatars/key_upload", user, { extension, length: file.size });
  await put(grant, file, tell);
}

// `fetch` does not tell how far an upload is.
function put({ url, method, headers }, file, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) {
        tell(event.loaded / event.total);
      }
    });
    request.addEventListener("load", () => {
      if (request.status === 200) {
        resolve();
      } else {
        reject(new Refusal("failed", `the storage refused the photo (status ${request.status})`));
      }
    });
    request.addEventListener("error", () => reject(new Refusal("failed", "the connection to the storage broke")));
    request.send(file);
  });
}
