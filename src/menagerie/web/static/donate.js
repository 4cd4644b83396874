// Several pictures, one after the other: each with its own line that says how far it is.
import { readPage } from "./read.js";

function enhance(form) {
  const drop = form.querySelector("[data-drop]");
  const input = form.querySelector('input[type="file"]');
  const list = form.querySelector("[data-chosen]");
  const words = form.querySelector("[data-progress]").dataset;

  function line(file) {
    const item = document.createElement("li");
    item.className = "bar";
    const name = document.createElement("span");
    name.textContent = file.name;
    const state = document.createElement("span");
    state.className = "soft end";
    item.append(name, state);
    if (file.type.startsWith("image/")) {
      const image = document.createElement("img");
      image.className = "mini";
      image.alt = "";
      image.src = URL.createObjectURL(file);
      image.addEventListener("error", () => image.remove());
      item.prepend(image);
    }
    return item;
  }

  function show() {
    list.replaceChildren(...[...input.files].map(line));
    list.hidden = !input.files.length;
  }
  input.addEventListener("change", show);
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    show();
  });

  function send(file, item) {
    const state = item.querySelector(".end");
    const data = new FormData(form);
    data.delete("image");
    data.append("image", file, file.name);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (moved) => {
        const part = moved.loaded / moved.total;
        state.textContent = part < 1 ? `${words.sending} ${Math.round(100 * part)} %` : words.checking;
      });
      request.addEventListener("load", () => {
        const page = readPage(request.responseText);
        const outcome = page.querySelector("[data-outcome]");
        if (outcome) item.replaceWith(outcome);
        else state.textContent = page.querySelector("main .wrong, main h1")?.textContent ?? words.failed;
        resolve(Boolean(outcome));
      });
      request.addEventListener("error", () => {
        state.textContent = words.failed;
        resolve(false);
      });
      request.open("POST", form.action);
      request.send(data);
    });
  }

  form.addEventListener("submit", async (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    const button = form.querySelector("button.main");
    button.disabled = true;
    const files = [...input.files];
    const items = [...list.children];
    const refused = [];
    for (const [at, file] of files.entries()) {
      if (!(await send(file, items[at]))) refused.push(file);
    }
    // What was not taken stays chosen, so that it can be sent again.
    const rest = new DataTransfer();
    for (const file of refused) rest.items.add(file);
    input.files = rest.files;
    button.disabled = false;
  });
}

for (const form of document.querySelectorAll("form[data-donate]")) enhance(form);
