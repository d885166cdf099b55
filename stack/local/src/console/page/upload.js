// Files into buckets: dropped on any element that names a bucket, or chosen with a file input.

import { upload } from "./api.js";
import { make, toast } from "./element.js";
import { bytes } from "./format.js";

/** Puts files one after the other and says how it went. */
export async function putFiles(bucket, files) {
  for (const file of files) {
    try {
      await upload(bucket, file.name, file);
      toast(`${file.name} (${bytes(file.size)}) is in ${bucket}`);
    } catch (error) {
      toast(`${file.name} was not stored: ${error.message}`, "bad");
    }
  }
  document.dispatchEvent(new CustomEvent("stored"));
}

/** Lets files be dropped on `element`. */
export function acceptDrops(element, bucket) {
  // Enter and leave also come from children, so they are counted.
  let inside = 0;
  const mark = () => element.classList.toggle("dropping", inside > 0);
  element.addEventListener("dragenter", (event) => { event.preventDefault(); inside += 1; mark(); });
  element.addEventListener("dragleave", () => { inside -= 1; mark(); });
  element.addEventListener("dragover", (event) => event.preventDefault());
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    inside = 0;
    mark();
    putFiles(bucket, [...event.dataTransfer.files]);
  });
  return element;
}

/** A labeled file input, reachable by keyboard, in a field that also takes drops. */
export function uploadField(bucket) {
  const input = make("input", {
    type: "file", multiple: true, id: "upload-input", class: "file-input", "data-key": `upload-${bucket}`,
    change: () => putFiles(bucket, [...input.files]).then(() => { input.value = ""; }),
  });
  return acceptDrops(
    make("div", { class: "drop-field" },
      make("p", {}, make("strong", {}, "Drop files here"), " or ", make("label", { for: "upload-input" }, "choose them"), ":"),
      input),
    bucket,
  );
}
