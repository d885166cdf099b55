"use strict";

// The function `photo-thumbnail` writes the list; before the first photo there is none, and S3 answers 403 or 404.
async function readList() {
  const answer = await fetch("newest.json", { cache: "no-cache" });
  if (answer.status === 403 || answer.status === 404) {
    return { prefix: "", thumbnails: [] };
  }
  if (!answer.ok) {
    throw new Error(`the server answered ${answer.status}`);
  }
  return answer.json();
}

// A key as the path of an address: everything but the slashes is encoded.
function address(key) {
  return key.split("/").map(encodeURIComponent).join("/");
}

function entry(prefix, photo) {
  const image = document.createElement("img");
  image.src = address(prefix + photo.name);
  image.alt = photo.name;
  image.width = photo.width;
  image.height = photo.height;
  image.loading = "lazy";
  const time = document.createElement("time");
  time.dateTime = photo.uploaded;
  time.textContent = new Date(photo.uploaded).toLocaleString();
  const caption = document.createElement("figcaption");
  caption.append(photo.name, document.createElement("br"), time);
  const figure = document.createElement("figure");
  figure.append(image, caption);
  const item = document.createElement("li");
  item.append(figure);
  return item;
}

async function show() {
  const status = document.getElementById("status");
  try {
    const { prefix, thumbnails } = await readList();
    document.getElementById("gallery").replaceChildren(...thumbnails.map((photo) => entry(prefix, photo)));
    const count = thumbnails.length === 1 ? "1 photo." : `${thumbnails.length} photos.`;
    status.textContent = thumbnails.length === 0 ? "There are no photos yet." : count;
  } catch (error) {
    status.textContent = `The list of photos could not be read: ${error.message}.`;
  }
}

show();
