// Conveniences of parameter fields; every page is complete without them.
"use strict";

// Only the parameters whose name contains what is typed.
function narrow(box) {
  const search = box.querySelector("[data-narrow]");
  const typed = search.value.trim().toLowerCase();
  let left = 0;
  for (const field of document.querySelectorAll(search.dataset.narrow)) {
    field.hidden = !field.dataset.parameter.includes(typed);
    if (!field.hidden) left += 1;
  }
  box.querySelector("[role=status]").textContent = typed ? `${left} shown` : "";
}

function isFilled(field) {
  const controls = [...field.querySelectorAll("input, textarea, select")].filter((one) => one.name && !/\.(zone|unit|mode)$/.test(one.name));
  return controls.some((one) => (one.type === "radio" || one.type === "checkbox" ? one.checked && one.value : one.value.trim()));
}

document.addEventListener("input", (event) => {
  const box = event.target.closest(".parameter-search");
  if (box) narrow(box);
  const field = event.target.closest(".parameter");
  if (field) field.toggleAttribute("data-filled", isFilled(field));
});

// A link to a field in a folded part opens that part.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#p-"]');
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const folded = field.closest("details");
  if (folded) folded.open = true;
  field.closest(".parameter")?.removeAttribute("hidden");
  (field.matches("input, select, textarea") ? field : field.querySelector("input, select, textarea") || field).focus();
});

// One row per value instead of one line per value. The lines stay what is sent.
function button(word, className, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `btn btn-sm btn-outline-secondary ${className}`;
  made.textContent = word;
  if (label) made.setAttribute("aria-label", label);
  return made;
}

function toRows(area) {
  if (area.dataset.made || /^\s*@/.test(area.value)) return;
  area.dataset.made = "yes";
  const name = area.getAttribute("aria-label") || area.closest("[data-name]").dataset.name;
  const part = area.closest("label")?.firstChild.textContent.trim() || "";
  const rows = document.createElement("div");
  rows.className = "rows";
  const add = button("Add a value", "row-add", `Add a value: ${name} ${part}`.trim());
  // A lonely empty row needs neither button.
  const settle = () => {
    const lines = [...rows.querySelectorAll(".row-value")];
    for (const line of lines) line.querySelector("button").hidden = lines.length === 1 && !line.querySelector("input").value;
    add.hidden = !lines.at(-1).querySelector("input").value.trim();
  };
  const keep = () => {
    settle();
    area.value = [...rows.querySelectorAll("input")].map((one) => one.value).filter((value) => value.trim()).join("\n");
    area.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const row = (value) => {
    const line = document.createElement("div");
    line.className = "row-value";
    const input = document.createElement("input");
    input.className = "form-control";
    input.value = value;
    input.autocomplete = "off";
    input.spellcheck = false;
    input.setAttribute("aria-label", `${name} ${part}`.trim());
    if (area.dataset.rows) input.setAttribute("list", area.dataset.rows);
    if (area.getAttribute("aria-describedby")) input.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
    const remove = button("×", "row-remove", `Remove ${value || "this value"}`);
    remove.addEventListener("click", () => {
      const next = line.nextElementSibling?.querySelector("input") || add;
      if (rows.querySelectorAll(".row-value").length > 1) line.remove();
      else input.value = "";
      keep();
      next.focus();
    });
    input.addEventListener("input", () => {
      remove.setAttribute("aria-label", `Remove ${input.value || "this value"}`);
      keep();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      add.click();
    });
    input.addEventListener("paste", (event) => {
      const lines = event.clipboardData.getData("text").split(/\r?\n/).filter((text) => text.trim());
      if (lines.length < 2) return;
      event.preventDefault();
      input.value += lines[0].trim();
      for (const text of lines.slice(1)) add.before(row(text.trim()));
      keep();
    });
    line.append(input, remove);
    return line;
  };
  rows.append(...(area.value.split("\n").filter((value) => value.trim()).concat(area.value.trim() ? [] : [""])).map(row), add);
  add.addEventListener("click", () => {
    const fresh = row("");
    add.before(fresh);
    settle();
    fresh.querySelector("input").focus();
  });
  settle();
  area.hidden = true;
  const label = area.closest("label");
  if (label) label.after(rows);
  else area.after(rows);
  if (label) {
    // A label that holds no visible control any more names its rows.
    const title = document.createElement("div");
    title.className = label.className;
    title.append(part, area, rows);
    label.replaceWith(title);
  }
  if (area.id) {
    rows.querySelector("input").id = area.id;
    area.removeAttribute("id");
  }
}

// Rows of a hashtable: another one when the last is begun.
document.addEventListener("input", (event) => {
  const pair = event.target.closest(".pair");
  if (!pair || pair.nextElementSibling || !event.target.value) return;
  const fresh = pair.cloneNode(true);
  const number = pair.parentElement.children.length;
  for (const input of fresh.querySelectorAll("input")) {
    input.value = "";
    input.name = input.name.replace(/\d+$/, String(number));
    input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+/, String(number + 1)));
  }
  pair.after(fresh);
});

// The person's own time zone, where none was chosen.
function ownZone(root) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) for (const input of root.querySelectorAll("[data-own-zone]")) input.value = zone;
}

function improve(root) {
  ownZone(root);
  for (const area of root.querySelectorAll("textarea[data-rows]")) toRows(area);
}

document.addEventListener("htmx:load", (event) => improve(event.target));
document.addEventListener("DOMContentLoaded", () => improve(document));
