// The order of a gallery: by dragging, or by keys while a picture is held. The buttons beside each
// picture do the same without scripts.
const list = document.querySelector("[data-order]");
const said = document.querySelector("[data-said]");
let held = null;
let dragged = null;

function say(kind, item) {
  const values = { name: `#${item.dataset.id}`, place: place(item), total: list.dataset.total };
  said.textContent = said.dataset[kind].replace(/%\((\w+)\)s/g, (_, name) => values[name]);
}

function place(item) {
  return Number(list.dataset.first) + [...list.children].indexOf(item);
}

function ids() {
  return [...list.children].map((item) => item.dataset.id).join(",");
}

function number() {
  for (const item of list.children) item.querySelector("[data-place]").textContent = place(item);
}

// One after the other, so that the last order sent is the one that stays.
let saving = Promise.resolve();
let stored = list ? ids() : "";
function save() {
  const images = ids();
  if (images === stored) return;
  stored = images;
  saving = saving.then(async () => {
    const token = document.querySelector('meta[name="csrf-token"]').content;
    const body = new URLSearchParams({ _csrf: token, images });
    const answer = await fetch(list.dataset.order, { method: "POST", body }).catch(() => null);
    if (!answer?.ok) said.textContent = said.dataset.failed;
  });
}

function step(item, by) {
  const target = by < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!target) return false;
  const focused = document.activeElement;
  if (by < 0) target.before(item);
  else target.after(item);
  number();
  focused.focus();
  item.scrollIntoView({ block: "nearest" });
  say("moved", item);
  return true;
}

function hold(item, button) {
  held = { item, button, before: item.nextElementSibling };
  button.setAttribute("aria-pressed", "true");
  say("held", item);
}

function letGo(isKept) {
  const { item, button, before } = held;
  held = null;
  button.setAttribute("aria-pressed", "false");
  if (isKept) {
    say("moved", item);
    save();
    return;
  }
  list.insertBefore(item, before);
  number();
  button.focus();
  say("back", item);
}

function enhance(item) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = list.dataset.hold;
  button.setAttribute("aria-pressed", "false");
  const name = document.createElement("span");
  name.className = "unseen";
  name.textContent = ` #${item.dataset.id}`;
  button.append(name);
  button.addEventListener("click", () => {
    const isHeld = held?.item === item;
    if (held) letGo(true);
    if (!isHeld) hold(item, button);
  });
  button.addEventListener("keydown", (event) => {
    if (held?.item !== item) return;
    const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
    if (!by && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (by) step(item, by);
    else letGo(false);
  });
  button.addEventListener("blur", () => setTimeout(() => {
    if (held?.item === item && document.activeElement !== button) letGo(true);
  }));
  item.querySelector(".actions").prepend(button);
  item.draggable = true;
}

if (list) {
  for (const item of list.children) enhance(item);
  list.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-id]");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", `#${dragged.dataset.id}`);
  });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-id]");
    if (!dragged || !over) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged);
    else over.after(dragged);
  });
  list.addEventListener("drop", (event) => event.preventDefault());
  list.addEventListener("dragend", () => {
    if (!dragged) return;
    number();
    say("moved", dragged);
    save();
    dragged = null;
  });
  // The buttons up and down: in place, but past the ends of this page the server moves.
  list.addEventListener("submit", (event) => {
    const by = Number(event.target.elements.by?.value);
    const item = event.target.closest("[data-id]");
    if (!by || !step(item, by)) return;
    event.preventDefault();
    save();
  });
}
