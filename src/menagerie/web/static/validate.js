// Judging without waiting: the next picture is there before the answer has travelled.
import { readPage } from "./read.js";

const place = document.querySelector("[data-judging]");
const KEPT = "menagerie-answers";
const MOST_UNDONE = 20;
const answered = [];
const words = place?.dataset ?? {};
// What has not reached the library yet; it outlives a reload of the page.
const outbox = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
let isSending = false;
let isOver = false;

const cards = () => [...place.querySelectorAll("[data-task]")];
const current = () => cards().find((card) => !card.hidden);

function show(card, verdict) {
  for (const other of cards()) other.hidden = other !== card;
  place.querySelector("[data-waiting]").hidden = Boolean(card);
  if (verdict) card?.querySelector(`form[data-verdict="${verdict}"] button`).focus();
}

function say(card, verdict) {
  const last = place.querySelector("[data-last]");
  last.replaceChildren();
  if (!card) return;
  const said = document.createElement("span");
  said.className = "soft";
  said.textContent = `${last.dataset[verdict]} ${card.querySelector(".question strong").textContent}`;
  const undo = document.createElement("button");
  undo.type = "button";
  undo.className = "link";
  undo.textContent = last.dataset.undo;
  undo.addEventListener("click", takeBack);
  last.append(said, undo);
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(outbox));
  const note = place.querySelector("[data-offline]");
  if (!outbox.length) note.hidden = true;
  else note.querySelector("span").textContent = outbox.length;
}

// Answers go one after the other, so that the tally counts right, and stay until they are taken.
async function deliver() {
  if (isSending) return;
  isSending = true;
  while (outbox.length) {
    const answer = await fetch("/validate", {
      method: "POST",
      body: new URLSearchParams([...outbox[0], ["_csrf", document.querySelector('meta[name="csrf-token"]').content]]),
      headers: { "x-requested-with": "fetch" },
    }).catch(() => null);
    if (!answer || answer.status === 429 || answer.status >= 500) {
      keep();
      place.querySelector("[data-offline]").hidden = false;
      await new Promise((resolve) => setTimeout(resolve, 2500));
      continue;
    }
    outbox.shift();
    keep();
    // A label that is gone meanwhile needs no answer; a form that is too old needs a new page.
    if (answer.ok) take(readPage(await answer.text()));
    else if (answer.status === 403) location.reload();
    else if (answer.status !== 404) say(null);
  }
  isSending = false;
  if (isOver) location.href = words.done;
  else if (!current()) fill();
}

// Add the questions of an answer behind those that are here.
function take(page) {
  const known = new Set([...cards(), ...answered.map((entry) => entry.card)].map((card) => card.dataset.task));
  for (const card of page.querySelectorAll("[data-task]")) {
    if (known.has(card.dataset.task)) continue;
    place.querySelector("[data-waiting]").before(card);
  }
  const tally = page.querySelector("[data-tally]");
  if (tally) place.querySelector("[data-tally]").replaceWith(tally);
  isOver = Number(tally?.querySelector("progress").value) >= Number(words.batch);
  if (!current() && cards().length) show(cards()[0], "yes");
}

async function fill() {
  const answer = await fetch(words.ahead).catch(() => null);
  if (answer?.ok) take(readPage(await answer.text()));
  if (current()) return;
  if (answer?.ok) location.reload();
  else setTimeout(fill, 2500);
}

function send(fields) {
  outbox.push(fields.filter(([name]) => name !== "_csrf"));
  keep();
  deliver();
}

function answer(form) {
  const card = form.closest("[data-task]");
  const verdict = form.dataset.verdict;
  const hadFocus = card.contains(document.activeElement) ? verdict : "";
  const fields = [...new FormData(form)];
  card.remove();
  answered.push({ card, verdict });
  if (answered.length > MOST_UNDONE) answered.shift();
  say(verdict === "skip" ? null : card, verdict);
  show(cards()[0], hadFocus);
  send(fields);
}

function takeBack() {
  const entry = answered.pop();
  if (!entry) return place.querySelector("[data-last] form")?.requestSubmit();
  place.prepend(entry.card);
  show(entry.card, entry.verdict);
  say(null);
  const fields = [...new FormData(entry.card.querySelector("form"))].filter(([name]) => name !== "verdict");
  send([...fields, ["verdict", "undo"], ["said", entry.verdict]]);
}

function press(verdict) {
  current()?.querySelector(`form[data-verdict="${verdict}"]`)?.requestSubmit();
}

// A swipe to the right is yes, to the left no; the picture goes along.
function swipes() {
  let from = null;
  let frame = null;
  function across(touch) {
    const [x, y] = [touch.clientX - from[0], touch.clientY - from[1]];
    return Math.abs(x) > 2 * Math.abs(y) ? x : 0;
  }
  function move(x) {
    frame.style.translate = `${x}px`;
    frame.classList.toggle("yes", x > 80);
    frame.classList.toggle("no", x < -80);
  }
  place.addEventListener("touchstart", (event) => {
    frame = event.target.closest(".frame");
    from = frame && event.touches.length === 1 ? [event.touches[0].clientX, event.touches[0].clientY] : null;
  }, { passive: true });
  place.addEventListener("touchmove", (event) => {
    if (from) move(across(event.touches[0]));
  }, { passive: true });
  for (const name of ["touchend", "touchcancel"]) {
    place.addEventListener(name, (event) => {
      if (!from) return;
      const x = name === "touchend" ? across(event.changedTouches[0]) : 0;
      move(0);
      from = null;
      if (Math.abs(x) > 80) press(x > 0 ? "yes" : "no");
    });
  }
}

if (place) {
  place.addEventListener("submit", (event) => {
    if (!event.target.dataset.verdict) return;
    event.preventDefault();
    answer(event.target);
  });
  const keys = { y: "yes", n: "no", " ": "skip" };
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    // On another control than the answers, the space bar is that control's.
    if (key === " " && event.target.closest("button, a") && !event.target.closest(".answers")) return;
    if (event.repeat) return;
    if (key === "u") takeBack();
    else if (keys[key]) press(keys[key]);
    else return;
    event.preventDefault();
  });
  window.addEventListener("beforeunload", (event) => {
    if (outbox.length && !place.querySelector("[data-offline]").hidden) event.preventDefault();
  });
  swipes();
  if (outbox.length) deliver();
  if (current()) fetch(words.ahead).then(async (found) => found.ok && take(readPage(await found.text()))).catch(() => {});
}
