// Runs an operation of the API from its page of the reference, and shows what it answered.
const form = document.querySelector("#try");
const KEY = "api-key";

form.querySelector("button").hidden = false;
const key = form.querySelector('[data-where="key"]');
if (key) key.value = sessionStorage.getItem(KEY) ?? "";

const inputs = (where) => [...form.querySelectorAll(`[data-where="${where}"]`)];

function request() {
  let path = form.dataset.path;
  for (const one of inputs("path")) path = path.replace(`{${one.name}}`, encodeURIComponent(one.value));
  const address = new URL(path, location.origin);
  for (const one of inputs("query")) if (one.value) address.searchParams.append(one.name, one.value);
  const headers = {};
  if (key?.value) {
    sessionStorage.setItem(KEY, key.value);
    const [where, name] = form.dataset.keys.split(" ")[0].split(":");
    if (where === "query") address.searchParams.set(name, key.value);
    else headers[name] = key.value;
  }
  const fields = inputs("form").filter((one) => one.value);
  const files = inputs("file").filter((one) => one.files.length);
  let body;
  if (form.dataset.takes.startsWith("multipart")) {
    body = new FormData();
    for (const one of fields) body.append(one.name, one.value);
    for (const one of files) body.append(one.name, one.files[0]);
  } else if (fields.length) {
    body = new URLSearchParams(fields.map((one) => [one.name, one.value]));
  }
  // The key says who asks; a session must not answer for it.
  return { address, options: { method: form.dataset.method, headers, body, credentials: "omit" } };
}

function command({ address, options }) {
  const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  const words = ["curl"];
  if (options.method !== "GET") words.push("-X", options.method);
  for (const [name, value] of Object.entries(options.headers)) words.push("-H", quoted(`${name}: ${value}`));
  for (const [name, value] of options.body ?? []) {
    const isFile = value instanceof File;
    const flag = options.body instanceof FormData ? "-F" : "--data-urlencode";
    words.push(flag, quoted(`${name}=${isFile ? `@${value.name}` : value}`));
  }
  return [...words, quoted(address)].join(" ");
}

async function shown(answer) {
  const kind = answer.headers.get("content-type") ?? "";
  if (kind.includes("json")) {
    const text = await answer.text();
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }
  if (kind.startsWith("text/") || kind.includes("xml")) return answer.text();
  return `${kind}, ${(await answer.blob()).size} B`;
}

form.addEventListener("input", () => {
  document.querySelector("#command").textContent = command(request());
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const asked = request();
  const started = performance.now();
  const facts = document.querySelector("#answer-facts");
  const body = document.querySelector("#answer-body");
  document.querySelector("#answer").hidden = false;
  form.querySelector("button").setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(asked.address, asked.options);
    const text = await shown(answer);
    facts.textContent = `${answer.status} ${answer.statusText} · ${Math.round(performance.now() - started)} ms`;
    body.textContent = text.length > 200_000 ? `${text.slice(0, 200_000)}…` : text;
  } catch (error) {
    facts.textContent = String(error);
    body.textContent = "";
  }
  form.querySelector("button").removeAttribute("aria-busy");
});
