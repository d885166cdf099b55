// A bucket: an upload field on top, which stays while the list of objects below it changes.

import * as api from "./api.js";
import { code, empty, make, open, route, slot, still, table } from "./element.js";
import { bytes, moment } from "./format.js";
import { declared } from "./resource.js";
import { uploadField } from "./upload.js";

/** Objects that a bucket shows at first, and that "Show more" adds. */
const PAGE = 200;

export function bucketView(name, current, refresh) {
  let limit = PAGE;
  const [origin, website, list] = [slot(), slot(), slot()];
  const more = () => { limit += PAGE; refresh(); };
  return {
    title: name,
    frame: [make("h1", {}, name), origin.element, website.element, uploadField(name), list.element],
    exists: () => current().buckets.some((bucket) => bucket.name === name),
    async update() {
      const line = declared(current(), route("buckets", name));
      origin.show(line?.textContent ?? "", () => [line]);
      const site = current().sites.find((candidate) => candidate.kind === "Website" && candidate.resource === name);
      website.show(site?.url ?? "", () => [site ? make("p", {}, "Website: ", open(site.url, site.url)) : null]);
      const listing = await api.objects(name, limit);
      list.show(listing, () => objectTable(name, listing, more));
    },
  };
}

function objectTable(bucket, listing, more) {
  if (listing.objects.length === 0) {
    return [empty("No objects.", "Drop a file above, or run ", code(`aws s3 cp photo.jpg s3://${bucket}/`), ".")];
  }
  const rows = listing.objects.map((object) => {
    const url = api.objectUrl(bucket, object.key, object.etag);
    return [
      make("a", { class: "object", href: url, target: "_blank", rel: "noopener", "data-key": object.key },
        object.picture
          ? make("img", { class: "thumb", src: url, alt: "", loading: "lazy" })
          : make("span", { class: "thumb file", "aria-hidden": "true" }, extension(object.key)),
        object.key),
      still(bytes(object.size)),
      still(moment(object.modified)),
    ];
  });
  return [
    table(`Objects of ${bucket}`, ["Key", "Size", "Modified"], rows),
    listing.truncated ? make("button", { type: "button", "data-key": "more", click: more }, "Show more") : null,
  ];
}

function extension(key) {
  const found = /\.([a-z0-9]{1,4})$/i.exec(key);
  return found ? found[1].toLowerCase() : "file";
}
