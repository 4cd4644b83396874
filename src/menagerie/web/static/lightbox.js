// Pictures one by one, over the page: what it shows comes from the pages of the pictures themselves,
// so votes, spoilers and neighbours are theirs. Without this module the links lead to those pages.
import { readPage } from "./read.js";

const parts = document.querySelector("#lightbox-parts");
const MARKS = { f: "heart", u: "up", d: "down" };
const pages = new Map();
let box = null;
let view = null;
let shown = null;
let opener = null;

function load(address) {
  if (!pages.has(address)) {
    pages.set(address, fetch(address).then(async (answer) => {
      if (!answer.ok) throw new Error(answer.status);
      return readPage(await answer.text());
    }));
    pages.get(address).catch(() => pages.delete(address));
  }
  return pages.get(address);
}

const neighbour = (page, rel) => page.querySelector(`link[rel="${rel}"]`)?.getAttribute("href");

function drawMarks() {
  const marks = shown.page.querySelector("#marks");
  const place = box.querySelector("[data-marks]");
  const inside = place.contains(document.activeElement) ? document.activeElement.id : "";
  place.replaceChildren(...[...(marks?.querySelectorAll(".actions > *") ?? [])].map((one) => document.importNode(one, true)));
  for (const button of place.querySelectorAll("button")) button.id = `box-${button.id}`;
  if (inside) place.querySelector(`[id="${CSS.escape(inside)}"]`)?.focus();
}

function draw() {
  const media = shown.page.querySelector(".stage :is(video, img)");
  const copy = media ? document.importNode(media, true) : document.createElement("p");
  const cover = media?.closest(".spoiled");
  copy.removeAttribute("sizes");
  box.classList.remove("whole");
  box.querySelector('[data-do="+"]').setAttribute("aria-pressed", "false");
  if (cover) {
    const frame = document.createElement("a");
    frame.className = "spoiled";
    frame.href = cover.getAttribute("href");
    frame.append(copy, document.importNode(cover.querySelector(".reason"), true));
    frame.addEventListener("click", (event) => {
      event.preventDefault();
      view.replaceChildren(copy);
      view.focus();
    });
    view.replaceChildren(frame);
  } else view.replaceChildren(copy);
  box.querySelector("[data-page]").href = shown.address;
  for (const [key, rel] of [["ArrowLeft", "prev"], ["ArrowRight", "next"]]) {
    box.querySelector(`[data-do="${key}"]`).disabled = !neighbour(shown.page, rel);
  }
  drawMarks();
}

async function show(address) {
  box.setAttribute("aria-busy", "true");
  try {
    const page = await load(address);
    shown = { address, page };
    draw();
    const next = neighbour(page, "next");
    if (next) load(next).then((ahead) => {
      const still = ahead.querySelector(".stage img");
      if (still) Object.assign(new Image(), { srcset: still.srcset, src: still.src });
    }).catch(() => {});
  } catch {
    location.href = address;
  } finally {
    box?.removeAttribute("aria-busy");
  }
}

async function mark(form, button) {
  button.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
  if (!answer?.ok) {
    form.submit();
    return;
  }
  shown.page = readPage(await answer.text());
  pages.set(shown.address, Promise.resolve(shown.page));
  drawMarks();
}

function act(key) {
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const to = neighbour(shown.page, key === "ArrowLeft" ? "prev" : "next");
    if (to) show(to);
  } else if (key === "+") {
    const isWhole = box.classList.toggle("whole");
    box.querySelector('[data-do="+"]').setAttribute("aria-pressed", String(isWhole));
    const picture = view.querySelector("img");
    const full = shown.page.querySelector(".stage > a")?.getAttribute("href");
    if (isWhole && picture && full && !view.querySelector(".spoiled")) {
      picture.removeAttribute("srcset");
      picture.src = full;
    }
  } else if (key === "?") document.querySelector("#keys")?.showModal();
  else if (key === "Escape") box.close();
  else if (MARKS[key]) box.querySelector(`[data-marks] [id$="-${MARKS[key]}"]`)?.click();
  else return false;
  return true;
}

function open(address) {
  opener = document.activeElement;
  box = document.importNode(parts.content, true).querySelector("dialog");
  view = box.querySelector(".view");
  document.body.append(box);
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape") return;
    if (act(event.key.length === 1 ? event.key.toLowerCase() : event.key)) event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) act(button.dataset.do);
  });
  box.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    mark(event.target, event.submitter);
  });
  box.addEventListener("close", () => {
    const id = shown?.address.match(/\d+/)?.[0];
    const tile = document.querySelector(`[data-image-id="${id}"] a`);
    box.remove();
    box = null;
    (tile ?? opener)?.focus();
    // On the page of one picture, go where one has come to.
    const stage = document.querySelector(".stage");
    if (stage && shown && !location.pathname.endsWith(`/${id}`)) location.href = shown.address;
  });
  box.showModal();
  view.focus();
  show(address);
}

function first() {
  const focused = document.activeElement.closest?.("[data-image-id]");
  const tile = (focused ?? document.querySelector(".rows [data-image-id]"))?.querySelector("a");
  return document.querySelector(".stage") ? location.pathname + location.search : tile?.getAttribute("href");
}

if (parts) {
  document.addEventListener("click", (event) => {
    const asks = event.target.closest("[data-lightbox]");
    if (!asks || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (first()) open(first());
  });
  document.addEventListener("keydown", (event) => {
    if (box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, video, dialog, [contenteditable]")) return;
    const key = event.key.toLowerCase();
    if (key === "o" && first()) {
      event.preventDefault();
      open(first());
    } else if (MARKS[key]) document.querySelector(`#marks-${MARKS[key]}`)?.click();
  });
}
