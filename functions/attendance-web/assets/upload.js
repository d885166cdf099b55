"use strict";
// Puts the chosen file straight into the bucket, and tells the row afterwards. The server signs; the file does not pass through it.
const form = document.getElementById("upload");
const bar = document.getElementById("progress");
const status = document.getElementById("status");
const button = form.querySelector("button");

function say(text) { status.textContent = text; }

async function begin(file) {
  const fields = new URLSearchParams({ csrf: form.elements.csrf.value, name: file.name, length: file.size });
  const answer = await fetch("upload/begin", { method: "POST", body: fields, headers: { accept: "application/json" } });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ? body.error.message : "The server answered " + answer.status + ".");
  return body;
}

function put(upload, file) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(upload.method, upload.url);
    for (const [name, value] of Object.entries(upload.headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.max = event.total;
      bar.value = event.loaded;
      say(Math.floor((100 * event.loaded) / event.total) + " % uploaded");
    });
    request.addEventListener("load", () => {
      if (request.status === 200) resolve();
      else reject(new Error("The storage refused the video (status " + request.status + ")."));
    });
    request.addEventListener("error", () => reject(new Error("The connection to the storage broke.")));
    request.send(file);
  });
}

form.addEventListener("submit", async (event) => {
  const name = form.elements.object_name;
  if (name.value) return;
  event.preventDefault();
  const file = form.elements.video.files[0];
  if (!file) { say("Choose a video first."); return; }
  button.disabled = true;
  bar.hidden = false;
  try {
    const upload = await begin(file);
    await put(upload, file);
    name.value = upload.object_name;
    say("Uploaded. Saving...");
    form.submit();
  } catch (error) {
    say("The upload failed: " + error.message);
    button.disabled = false;
    bar.hidden = true;
  }
});
