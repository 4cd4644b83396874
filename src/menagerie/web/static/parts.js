// Parts of a page that htmx puts in place: their style rules, and what it cannot do itself.
import { readPage } from "./read.js";

// The rules of an answer's pictures carry another nonce than ours; a sheet made here needs none.
let held = "";
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  held = detail.target.contains(document.activeElement) ? detail.target.id : "";
  detail.serverResponse = detail.serverResponse.replace(/<style[^>]*>([^]*?)<\/style>/g, (_, rules) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(rules);
    document.adoptedStyleSheets.push(sheet);
    return "";
  });
});

document.addEventListener("htmx:load", ({ detail }) => {
  if (detail.elt !== document.body) detail.elt.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
});

// Who was at work in a part by keyboard, at what is no longer there, goes on in the part itself.
document.addEventListener("htmx:afterSettle", () => {
  const part = document.activeElement === document.body && document.getElementById(held);
  held = "";
  if (!part) return;
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
});

// A refusal has a page of its own, which says more than a part could: let it be seen.
function plainly({ detail }) {
  const { elt } = detail;
  if (elt.localName === "form") HTMLFormElement.prototype.submit.call(elt);
}
document.addEventListener("htmx:responseError", plainly);
document.addEventListener("htmx:sendError", plainly);

// What else the end of recognition changed, unless somebody is busy there.
document.addEventListener("htmx:afterSettle", async ({ detail }) => {
  const places = [...document.querySelectorAll("[data-later]")];
  const isOver = detail.elt.id.startsWith("recognised-") && !detail.elt.hasAttribute("hx-get");
  if (!isOver || !places.length) return;
  const answer = await fetch(location.href).catch(() => null);
  const page = answer?.ok ? readPage(await answer.text()) : null;
  for (const place of places) {
    const fresh = page?.getElementById(place.id);
    if (!fresh || place.contains(document.activeElement) || place.querySelector("details[open]")) continue;
    place.replaceWith(fresh);
    window.htmx.process(fresh);
    fresh.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
  }
});
