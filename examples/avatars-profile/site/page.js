// Signs in, shows and uploads the avatar, edits the profile. The token is kept in memory alone: a reload signs out.

import * as api from "./api.js";
import * as cognito from "./cognito.js";

// How often, and how many times, an avatar is looked for after an upload: the distribution may keep the old one for a minute.
const PAUSE = 2000;
const LOOKS = 60;

const element = (id) => document.getElementById(id);
let config = null;
let user = null;
let pending = null;

function say(form, text, kind = "note") {
  const message = form.querySelector(".message");
  message.dataset.kind = kind;
  message.textContent = text;
}

function sayFailure(form, error) {
  const words = error instanceof TypeError ? "the server cannot be reached" : error.message;
  say(form, `That did not work: ${words.replace(/\.$/, "")}.`, "error");
}

// Serves a form: once at a time, with what went wrong in words.
function serve(id, action) {
  const form = element(id);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    say(form, "");
    try {
      say(form, (await action(form)) ?? "");
    } catch (error) {
      if (error.code === "unauthenticated" && user) {
        signOut("You are no longer signed in: sign in again.");
      } else {
        sayFailure(form, error);
      }
    } finally {
      button.disabled = false;
    }
  });
}

function show(id, isShown) {
  element(id).hidden = !isShown;
}

function signOut(text) {
  user = null;
  pending = null;
  for (const form of document.querySelectorAll("#signed-out form, #signed-in form")) {
    form.reset();
    say(form, "");
  }
  showAvatar(null);
  show("signed-in", false);
  show("confirm", false);
  show("new-password", false);
  show("signed-out", true);
  element("status").textContent = text;
  element("sign-in-email").focus();
}

// Where the handle of a user is remembered: the API finds profiles by handle only.
function handleKey() {
  return `handle of ${user.sub}`;
}

async function enter(result) {
  if (result.challenge) {
    pending.challenge = result.challenge;
    show("new-password", true);
    element("new-password-title").focus();
    return "";
  }
  user = result.user;
  pending = null;
  element("status").textContent = "You are signed in.";
  show("signed-out", false);
  show("signed-in", true);
  element("own-title").focus();
  const failed = (form) => (error) => sayFailure(element(form), error);
  await Promise.all([readOwnProfile().catch(failed("profile")), readOwnAvatar().catch(failed("upload"))]);
  return "";
}

async function readOwnProfile() {
  const sub = user.sub;
  const handles = [localStorage.getItem(handleKey()), user.username?.toLowerCase(), sub];
  for (const handle of new Set(handles.filter(Boolean))) {
    const profile = await api.findProfile(handle);
    if (user?.sub !== sub) {
      return;
    }
    // A handle that was given up may be somebody else's by now.
    if (profile?.cognito_user_id === sub) {
      showProfile(profile);
      return;
    }
  }
  say(element("profile"), "You have no profile yet: save one, and others find you.");
}

function showProfile(profile) {
  localStorage.setItem(handleKey(), profile.handle);
  element("display-name").value = profile.display_name;
  element("handle").value = profile.handle;
  element("bio").value = profile.bio;
}

async function readOwnAvatar() {
  const sub = user.sub;
  const avatar = await api.readAvatar(sub);
  if (user?.sub === sub) {
    showAvatar(avatar);
  }
  return avatar;
}

let shown = null;

function showAvatar(avatar) {
  if (shown) {
    URL.revokeObjectURL(shown);
  }
  shown = avatar ? URL.createObjectURL(avatar.picture) : null;
  for (const image of element("avatars").querySelectorAll("img")) {
    if (shown) {
      image.src = shown;
    } else {
      image.removeAttribute("src");
    }
  }
  show("avatars", Boolean(shown));
  show("no-avatar", !shown);
}

// Waits until the avatar is another one than before.
async function arrival(before) {
  const sub = user.sub;
  for (let look = 0; look < LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (user?.sub !== sub) {
      return "";
    }
    const avatar = await api.readAvatar(sub);
    if (avatar && avatar.version !== before?.version) {
      showAvatar(avatar);
      return "Your avatar is there.";
    }
  }
  return "The photo was uploaded, and its avatar is not there yet. If it stays so, the file may be no photo that can be read.";
}

serve("sign-in", async (form) => {
  const { username, password } = Object.fromEntries(new FormData(form));
  pending = { username, password };
  try {
    return await enter(await cognito.signIn(config, username, password));
  } catch (error) {
    if (error.code !== "UserNotConfirmedException") {
      throw error;
    }
    askForCode();
    return "";
  }
});

function askForCode() {
  show("confirm", true);
  element("confirm-title").focus();
}

serve("sign-up", async (form) => {
  const { username, password } = Object.fromEntries(new FormData(form));
  pending = { username, password };
  if (await cognito.signUp(config, username, password)) {
    askForCode();
    return "A code was sent to this address.";
  }
  return enter(await cognito.signIn(config, username, password));
});

serve("confirm", async (form) => {
  const { username, password } = pending;
  await cognito.confirm(config, username, form.elements.code.value.trim());
  show("confirm", false);
  return enter(await cognito.signIn(config, username, password));
});

element("resend").addEventListener("click", async () => {
  const form = element("confirm");
  try {
    await cognito.resendCode(config, pending.username);
    say(form, "Another code was sent.");
  } catch (error) {
    sayFailure(form, error);
  }
});

serve("new-password", async (form) => {
  const { challenge, username } = pending;
  return enter(await cognito.choosePassword(config, challenge, username, form.elements.password.value));
});

serve("upload", async (form) => {
  const bar = element("progress");
  const before = await readOwnAvatar();
  bar.value = 0;
  bar.hidden = false;
  try {
    await api.upload(user, form.elements.photo.files[0], (part) => {
      bar.value = part;
    });
  } finally {
    bar.hidden = true;
  }
  say(form, "Uploaded. The avatar is being made.");
  return arrival(before);
});

serve("profile", async (form) => {
  const { display_name, handle, bio } = Object.fromEntries(new FormData(form));
  const fields = handle ? { display_name, bio, handle } : { display_name, bio };
  showProfile(await api.saveProfile(user, fields));
  return "Saved.";
});

serve("look", async (form) => {
  show("found", false);
  const handle = form.elements.handle.value.trim();
  const profile = await api.findProfile(handle);
  if (!profile) {
    return `Nobody is called ${handle}.`;
  }
  element("found-name").textContent = profile.display_name;
  element("found-bio").textContent = profile.bio;
  const image = element("found-avatar");
  image.hidden = true;
  image.onload = () => {
    image.hidden = false;
  };
  image.src = `avatars/${encodeURIComponent(profile.cognito_user_id)}.jpg`;
  show("found", true);
  return "";
});

element("sign-out").addEventListener("click", () => signOut("You are signed out."));

try {
  config = await cognito.readConfig();
  show("signed-out", true);
} catch (error) {
  element("status").textContent = `Nobody can sign in here: ${error.message}.`;
}
