// Judging without waiting: the next picture is there before the answer has travelled.
import { readPage } from "./read.js";

const place = document.querySelector("[data-judging]");
const batch = Number(place?.dataset.batch);
const answered = [];
let sending = Promise.resolve();

const cards = () => [...place.querySelectorAll("[data-task]")];
const current = () => cards().find((card) => !card.hidden);

function say(card, verdict) {
  const last = place.querySelector("[data-last]");
  last.replaceChildren();
  if (!card) return;
  const words = document.createElement("span");
  words.className = "soft";
  words.textContent = `${last.dataset[verdict]} ${card.querySelector(".question strong").textContent}`;
  const undo = document.createElement("button");
  undo.type = "button";
  undo.className = "link";
  undo.textContent = last.dataset.undo;
  undo.addEventListener("click", takeBack);
  last.append(words, undo);
}

async function send(fields) {
  await take(
    await fetch("/validate", {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { "x-requested-with": "fetch" },
    }),
  );
}

// Add the questions of an answer behind those that are here.
async function take(answer) {
  if (!answer.ok) throw new Error(answer.status);
  const page = readPage(await answer.text());
  const known = new Set([...cards(), ...answered.map((entry) => entry.card)].map((card) => card.dataset.task));
  for (const card of page.querySelectorAll("[data-task]")) {
    if (known.has(card.dataset.task)) continue;
    cards().at(-1)?.after(card);
    if (!cards().length) place.prepend(card);
    if (!current()) card.hidden = false;
  }
  const tally = page.querySelector("[data-tally]");
  if (tally) place.querySelector("[data-tally]").replaceWith(tally);
  const done = Number(place.querySelector("[data-tally] progress").getAttribute("value")) >= batch;
  if (done) location.href = place.dataset.done;
  else if (!current()) location.reload();
}

// One after the other, so that the tally counts right; what fails is sent as an ordinary form.
function queue(fields, form) {
  sending = sending.then(() => send(fields)).catch(() => (form ? form.submit() : location.reload()));
}

function answer(form) {
  const card = form.closest("[data-task]");
  const verdict = form.dataset.verdict;
  card.hidden = true;
  card.remove();
  const following = cards()[0];
  if (following) following.hidden = false;
  answered.push({ card, verdict });
  if (answered.length > 20) answered.shift();
  say(verdict === "skip" ? null : card, verdict);
  queue([...new FormData(form)], form);
}

function takeBack() {
  const entry = answered.pop();
  if (!entry) return;
  for (const card of cards()) card.hidden = true;
  entry.card.hidden = false;
  place.prepend(entry.card);
  say(null);
  const fields = [...new FormData(entry.card.querySelector("form"))].filter(([name]) => name !== "verdict");
  if (entry.verdict !== "skip") queue([...fields, ["verdict", "undo"], ["said", entry.verdict]]);
}

function press(verdict) {
  current()?.querySelector(`form[data-verdict="${verdict}"]`)?.requestSubmit();
}

if (place && current()) {
  sending = fetch(place.dataset.ahead).then(take).catch(() => {});
  place.addEventListener("submit", (event) => {
    if (!event.target.dataset.verdict) return;
    event.preventDefault();
    answer(event.target);
  });
  const keys = { y: "yes", n: "no", " ": "skip" };
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === " " && event.target.closest("button, a")) return;
    if (key === "u") takeBack();
    else if (keys[key]) press(keys[key]);
    else return;
    event.preventDefault();
  });
  // A swipe to the right is yes, to the left no.
  let from = null;
  place.addEventListener("touchstart", (event) => {
    const touch = event.touches[0];
    from = event.touches.length === 1 ? [touch.clientX, touch.clientY] : null;
  }, { passive: true });
  place.addEventListener("touchend", (event) => {
    if (!from) return;
    const [across, down] = [event.changedTouches[0].clientX - from[0], event.changedTouches[0].clientY - from[1]];
    from = null;
    if (Math.abs(across) > 80 && Math.abs(across) > 2 * Math.abs(down)) press(across > 0 ? "yes" : "no");
  });
}
