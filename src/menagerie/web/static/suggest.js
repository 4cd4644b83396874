// What is offered while somebody types, for one field of a query or a list of tags; in a query also
// names of fields, and searches kept under names.
const SEPARATORS = { search: /[,()\n]|\s(?:AND|OR)\s|&&|\|\|/g, tags: /,|\n/g, labels: /,/g };
const SOURCES = { labels: "/vocabulary/suggest?term=", search: "/search/suggest?term=" };
let count = 0;

export function suggest(field) {
  const kind = field.dataset.suggest || "search";
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `suggestions-${++count}`;
  list.role = "listbox";
  list.hidden = true;
  field.parentElement.append(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  // A field of several lines may not have this role.
  const isBox = field.localName === "input";
  if (isBox) field.setAttribute("role", "combobox");
  function expand(isOpen) {
    if (isBox) field.setAttribute("aria-expanded", String(isOpen));
  }
  expand(false);
  let chosen = -1;
  let asked = 0;
  let timer = 0;

  // The word under the caret: its text, and where it stands.
  function word() {
    const caret = field.selectionStart;
    let start = 0;
    for (const match of field.value.slice(0, caret).matchAll(SEPARATORS[kind] ?? SEPARATORS.search)) {
      start = match.index + match[0].length;
    }
    const text = field.value.slice(start, caret);
    const lead = text.match(kind !== "search" ? /^\s*/ : /^\s*(?:-|!|NOT\s)?\s*/)[0].length;
    return { text: text.slice(lead), start: start + lead, end: caret };
  }

  function close() {
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    expand(false);
    field.removeAttribute("aria-activedescendant");
  }

  const options = () => [...list.querySelectorAll('[role="option"]')];

  function choose(index) {
    const items = options();
    items[chosen]?.setAttribute("aria-selected", "false");
    chosen = items.length ? (index + items.length) % items.length : -1;
    items[chosen]?.setAttribute("aria-selected", "true");
    items[chosen]?.scrollIntoView({ block: "nearest" });
    if (chosen >= 0) field.setAttribute("aria-activedescendant", items[chosen].id);
  }

  function take({ dataset: { name, href } }) {
    if (href) {
      location.href = href;
      return;
    }
    const { start, end } = word();
    const tail = kind !== "search" && !/^\s*,/.test(field.value.slice(end)) ? ", " : "";
    field.setRangeText(name + tail, start, end, "end");
    close();
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function look() {
    const { text } = word();
    const turn = ++asked;
    if (text.trim().length < ({ labels: 1, search: 2 }[kind] ?? 3)) return close();
    let found = [];
    let groups = {};
    try {
      const source = SOURCES[kind] ?? "/autocomplete/tags?vsn=2&limit=10&term=";
      const answer = await fetch(source + encodeURIComponent(text.trim()));
      if (answer.ok) ({ suggestions: found, groups = {} } = await answer.json());
    } catch {
      // Without suggestions the field is an ordinary one.
    }
    if (turn !== asked || document.activeElement !== field) return;
    close();
    if (!found.length || (found.length === 1 && (found[0].canonical ?? found[0].text) === text.trim())) return;
    let group = "";
    for (const [index, one] of found.entries()) {
      if (one.kind && one.kind !== group && (one.kind !== "tag" || found.at(-1).kind !== "tag")) {
        const heading = document.createElement("li");
        heading.role = "presentation";
        heading.textContent = groups[one.kind];
        list.append(heading);
      }
      group = one.kind;
      const item = document.createElement("li");
      item.role = "option";
      item.id = `${list.id}-${index}`;
      item.setAttribute("aria-selected", "false");
      const name = document.createElement("span");
      name.textContent = one.shown ?? (one.alias ? `${one.alias} → ${one.canonical}` : one.canonical);
      const note = document.createElement("span");
      note.className = "soft";
      note.textContent = one.note ?? one.images?.toLocaleString(document.documentElement.lang) ?? "";
      item.append(name, note);
      item.dataset.name = one.text ?? one.canonical ?? "";
      if (one.href) item.dataset.href = one.href;
      // Before the field loses the focus.
      item.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(item);
      });
      list.append(item);
    }
    list.hidden = false;
    expand(true);
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 90);
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) take(options()[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
