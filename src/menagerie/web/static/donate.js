// Several pictures, one after the other: each with its own line that says how far it is.
import { readPage } from "./read.js";

function enhance(form) {
  const drop = form.querySelector("[data-drop]");
  const input = form.querySelector('input[type="file"]');
  const list = form.querySelector("[data-chosen]");
  const progress = form.querySelector("[data-progress]");
  const words = progress.dataset;
  // What is chosen and not taken yet, with its line; what was taken keeps its line only.
  const waiting = new Map();

  function line(file) {
    const item = document.createElement("li");
    item.className = "bar";
    const name = document.createElement("span");
    name.textContent = file.name;
    const state = document.createElement("span");
    state.className = "soft end";
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "link";
    remove.textContent = words.remove;
    remove.setAttribute("aria-label", `${words.remove}: ${file.name}`);
    remove.addEventListener("click", () => {
      waiting.delete(file);
      item.remove();
      hold();
      input.focus();
    });
    item.append(name, state, remove);
    if (file.type.startsWith("image/")) {
      const image = document.createElement("img");
      image.className = "mini";
      image.alt = "";
      image.src = URL.createObjectURL(file);
      image.addEventListener("load", () => URL.revokeObjectURL(image.src));
      image.addEventListener("error", () => image.remove());
      item.prepend(image);
    }
    return item;
  }

  // The field holds what waits, so that it is what is sent if this script fails.
  function hold() {
    const files = new DataTransfer();
    for (const file of waiting.keys()) files.items.add(file);
    input.files = files.files;
    list.hidden = !list.children.length;
    const tooMany = waiting.size > Number(words.most);
    progress.textContent = tooMany ? words.toomany : "";
    form.querySelector("button.main").disabled = tooMany;
  }

  function add(files) {
    const known = new Set([...waiting.keys()].map((file) => `${file.name}/${file.size}/${file.lastModified}`));
    for (const file of files) {
      if (known.has(`${file.name}/${file.size}/${file.lastModified}`)) continue;
      waiting.set(file, line(file));
      list.append(waiting.get(file));
    }
    hold();
  }
  input.addEventListener("change", () => add([...input.files]));
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });

  // Say what became of a file in its line; tell whether it needs no second try.
  function settle(item, page) {
    const outcome = page.querySelector("[data-outcome]");
    const state = item.querySelector(".end");
    const isTaken = outcome && outcome.dataset.outcome !== "refused";
    if (isTaken) {
      item.replaceWith(outcome);
      window.htmx?.process(outcome);
    } else {
      const text = outcome ?? page.querySelector("main .field .wrong, main .wrong, main h1");
      const problems = [...(outcome ?? page).querySelectorAll(outcome ? ".why" : "main .wrong")].map((p) => p.textContent.trim());
      state.textContent = problems.join(" ") || text?.textContent.trim() || words.failed;
      state.className = "wrong end";
    }
    return Boolean(isTaken);
  }

  function send(file, item) {
    const state = item.querySelector(".end");
    state.className = "soft end";
    const data = new FormData(form);
    data.delete("image");
    data.append("image", file, file.name);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (moved) => {
        const part = moved.loaded / moved.total;
        state.textContent = part < 1 ? `${words.sending} ${Math.round(100 * part)} %` : words.checking;
      });
      request.addEventListener("load", () => resolve(settle(item, readPage(request.responseText))));
      request.addEventListener("error", () => {
        state.className = "wrong end";
        state.textContent = words.failed;
        resolve(false);
      });
      request.open("POST", form.action);
      request.send(data);
    });
  }

  form.addEventListener("submit", async (event) => {
    if (!waiting.size) return;
    event.preventDefault();
    const button = form.querySelector("button.main");
    button.disabled = true;
    const all = waiting.size;
    let done = 0;
    for (const [file, item] of [...waiting]) {
      progress.textContent = `${words.sending} ${done + 1} / ${all}`;
      if (await send(file, item)) waiting.delete(file);
      done += 1;
    }
    // What was not taken stays chosen, so that it can be sent again.
    hold();
    progress.textContent = waiting.size ? `${words.rest} ${waiting.size}` : words.ready;
    form.querySelector("[data-after]").hidden = waiting.size === all;
  });
}

for (const form of document.querySelectorAll("form[data-donate]")) enhance(form);
