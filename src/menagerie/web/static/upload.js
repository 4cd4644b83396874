// The upload form: drop a file, see it, hear at once what its tags lack, watch its bytes go.
import { readPage } from "./read.js";

const RATINGS = new Set(["safe", "suggestive", "questionable", "explicit", "semi-grimdark", "grimdark", "grotesque"]);

export function upload(form) {
  const drop = form.querySelector("[data-drop]");
  const input = form.querySelector('input[type="file"]');
  const url = form.querySelector('input[name="url"]');
  const status = form.querySelector("[data-progress]");
  const report = form.querySelector("[data-tag-report]");
  const tags = form.querySelector('textarea[name="tags"]');

  function show() {
    drop.querySelector("img")?.remove();
    const file = input.files[0];
    if (!file || !file.type.startsWith("image/")) return;
    const image = document.createElement("img");
    image.alt = file.name;
    image.src = URL.createObjectURL(file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    image.addEventListener("error", () => image.remove());
    drop.prepend(image);
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
    else url.value = event.dataTransfer.getData("text/uri-list") || url.value;
    show();
  });

  function check() {
    const names = new Set(tags.value.split(",").map((name) => name.trim().toLowerCase()).filter(Boolean));
    const problems = [];
    if (names.size && names.size < Number(report.dataset.minimum)) problems.push(report.dataset.tooFew);
    if (names.size && ![...names].some((name) => RATINGS.has(name))) problems.push(report.dataset.noRating);
    report.textContent = problems.join(" ");
    report.hidden = !problems.length;
  }
  tags.addEventListener("input", check);
  check();

  form.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    form.append(bar);
    const button = form.querySelector("button.main");
    button.disabled = true;
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (moved) => {
      bar.value = moved.loaded / moved.total;
      status.textContent = `${status.dataset.sending} ${Math.round(100 * bar.value)} %`;
      if (moved.loaded === moved.total) {
        status.textContent = status.dataset.checking;
        bar.removeAttribute("value");
      }
    });
    request.addEventListener("load", () => {
      if (request.status < 400) {
        location.href = request.responseURL;
        return;
      }
      const page = readPage(request.responseText);
      const fresh = page.querySelector("form[data-upload]");
      bar.remove();
      if (!fresh) {
        document.querySelector("main").replaceWith(page.querySelector("main"));
        return;
      }
      // The chosen file stays chosen: only the words around it are replaced.
      for (const old of form.parentElement.querySelectorAll(".note, p.wrong:not([data-tag-report])")) old.remove();
      for (const note of page.querySelectorAll("main .note")) form.before(note);
      for (const wrong of fresh.querySelectorAll(".field p.wrong")) {
        form.querySelector(`#${wrong.id.replace(/-\d+$/, "")}`)?.closest(".field").append(wrong);
      }
      button.disabled = false;
      status.textContent = "";
      window.scrollTo({ top: 0 });
    });
    request.addEventListener("error", () => {
      bar.remove();
      button.disabled = false;
      form.submit();
    });
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
}
