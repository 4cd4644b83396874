// Work that goes on after a page was sent: its part is looked at again until nothing more will come.
import { readPage } from "./read.js";

async function look(place) {
  const from = place.dataset.from ?? location.href;
  const answer = await fetch(from).catch(() => null);
  const fresh = answer?.ok ? readPage(await answer.text()).querySelector(place.dataset.poll) : null;
  if (fresh) place.replaceWith(fresh);
  if (answer?.status === 404) return;
  const next = fresh ?? place;
  if (next.dataset.poll) setTimeout(look, 1000, next);
  else if (next.id.startsWith("recognised-")) await catchUp();
}

// What else the end of the work changed, unless somebody is busy there.
async function catchUp() {
  const places = [...document.querySelectorAll("[data-later]")];
  if (!places.length) return;
  const answer = await fetch(location.href).catch(() => null);
  const page = answer?.ok ? readPage(await answer.text()) : null;
  for (const place of places) {
    const fresh = page?.getElementById(place.id);
    if (!fresh || place.contains(document.activeElement) || place.querySelector("details[open]")) continue;
    place.replaceWith(fresh);
    fresh.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
  }
}

export function watch(root) {
  for (const place of root.querySelectorAll("[data-poll]")) setTimeout(look, 1000, place);
}
