// Small conveniences; every page is complete without them.
"use strict";

// Times in the person's own zone; UTC stays in the title.
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function localizeTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]:not([data-localized])")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const words = local.format(moment);
    element.title = `${words} here, ${element.title}`;
    if (element.dataset.time === "absolute") element.textContent = words;
    element.dataset.localized = "";
  }
}

// A checkbox with data-select-all="name" ticks every checkbox called name in its form; [data-selected="name"] counts them.
function countSelected(form) {
  for (const output of form.querySelectorAll("[data-selected]")) {
    const boxes = form.querySelectorAll(`input[type=checkbox][name="${output.dataset.selected}"]`);
    output.textContent = [...boxes].filter((box) => box.checked).length;
  }
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || !box.form) return;
  const name = box.dataset.selectAll;
  if (name) for (const other of box.form.querySelectorAll(`input[type=checkbox][name="${name}"]`)) other.checked = box.checked;
  countSelected(box.form);
});

// "/" focuses the search; Escape closes an open menu.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.getElementById("search");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open], details.drop[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open], details.drop[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("htmx:load", (event) => localizeTimes(event.target.parentElement || document));
document.addEventListener("DOMContentLoaded", () => {
  localizeTimes(document);
  for (const form of document.forms) countSelected(form);
});
