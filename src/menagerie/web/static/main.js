// What pages can do beyond links and forms. Everything here is an addition: nothing needs it.
import "./lightbox.js";
import "./parts.js";
import { readPage } from "./read.js";
import { suggest } from "./suggest.js";
import { upload } from "./upload.js";

// Forms that want to be asked about; before anything else sends them.
document.addEventListener("submit", (event) => {
  const { ask } = event.target.dataset;
  if (!ask || window.confirm(ask)) return;
  event.preventDefault();
  event.stopPropagation();
}, true);

// Menus close on a click elsewhere and on Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const cover = event.target.closest("[data-reveal].spoiled");
  if (cover) {
    event.preventDefault();
    cover.classList.remove("spoiled");
    cover.querySelector(".reason")?.remove();
    cover.href = cover.querySelector("img").src;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  const typing = event.target.closest("input, textarea, select, video, dialog, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    const field = document.querySelector('.top input[type="search"]');
    field.focus();
    field.select();
    return;
  }
  if (event.key === "?" && document.querySelector("#keys")) {
    document.querySelector("#keys").showModal();
    return;
  }
  if (!decide(event.key.toLowerCase())) document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
  else event.preventDefault();
});

// Queues: J and K go from one thing to the next, other letters press its buttons.
const queue = document.querySelector("[data-queue]");
function decide(key) {
  if (!queue) return false;
  const items = [...queue.children];
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const step = { j: 1, arrowdown: 1, k: -1, arrowup: -1 }[key];
  if (step) {
    const next = items[Math.min(items.length - 1, Math.max(0, at + step))];
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
  const button = items[Math.max(at, 0)]?.querySelector(`[data-press="${CSS.escape(key)}"]`);
  button?.click();
  return Boolean(button);
}
// Whoever comes back from a decision goes on at the first of what is left.
if (queue && document.querySelector(".note.good")) queue.firstElementChild?.focus({ preventScroll: true });

function enhance(root) {
  for (const field of root.querySelectorAll("[data-suggest]")) suggest(field);
  for (const form of root.querySelectorAll("form[data-upload]")) upload(form);
  for (const form of root.querySelectorAll("form[data-autosubmit]")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
  for (const secret of root.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) break;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = secret.dataset.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(secret.textContent);
      button.textContent = secret.dataset.copied;
    });
    secret.after(button);
  }
}
enhance(document);

// The next picture of the walk is fetched while this one is looked at.
const next = document.querySelector('link[rel="next"]');
if (next && document.querySelector(".walk")) {
  const hint = document.createElement("link");
  hint.rel = "prefetch";
  hint.href = next.href;
  document.head.append(hint);
}

// A picture that is being rendered: look again until it is ready, and leave all else as it is.
const waiting = document.querySelector("[data-refresh]");
async function lookAgain() {
  const answer = await fetch(location.href).catch(() => null);
  const page = answer?.ok ? readPage(await answer.text()) : null;
  if (!page || page.querySelector("[data-refresh]")) {
    setTimeout(lookAgain, Number(waiting.dataset.refresh) * 1000);
    return;
  }
  for (const place of [".stage", "[data-files]"]) {
    const fresh = page.querySelector(place);
    if (fresh) document.querySelector(place)?.replaceWith(fresh);
  }
  waiting.remove();
}
if (waiting) setTimeout(lookAgain, Number(waiting.dataset.refresh) * 1000);

// Parts that were put in place later.
document.addEventListener("fresh", (event) => enhance(event.target));
