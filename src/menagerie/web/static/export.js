// What a dataset would hold, while one types: the preview and the hidden half of the form follow.
import { readPage } from "./read.js";

const form = document.querySelector("form[data-preview]");
const place = () => document.querySelector(form.dataset.preview);
let timer = 0;
let asked = 0;

async function look() {
  clearTimeout(timer);
  const turn = ++asked;
  place().setAttribute("aria-busy", "true");
  const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
  const answer = await fetch(address).catch(() => null);
  if (turn !== asked) return;
  place().removeAttribute("aria-busy");
  if (!answer) return;
  const page = readPage(await answer.text());
  const fresh = page.querySelector(form.dataset.preview);
  // A refusal beside a field is for the page itself to show.
  if (!fresh || page.querySelector("form[data-preview] .wrong")) return;
  place().replaceChildren(...fresh.childNodes);
  const make = document.querySelector("#make");
  for (const field of make.querySelectorAll('input[type="hidden"]')) field.remove();
  make.prepend(...page.querySelectorAll('#make input[type="hidden"]'));
  const button = make.querySelector("button.main");
  if (button) button.disabled = page.querySelector("#make button.main").disabled;
  history.replaceState(null, "", address);
}

if (form) {
  form.querySelector(".actions").hidden = true;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 350);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
}
