// Suggestions under the search field: arrow keys choose, Enter opens, Escape closes. Without them, Enter lists everything found.
"use strict";

const searchField = document.getElementById("search");

function suggestions() {
  return document.getElementById("suggestions");
}

function options() {
  return [...suggestions().querySelectorAll("[role=option]")];
}

function mark(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) searchField.setAttribute("aria-activedescendant", option.id);
  else searchField.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function show(open) {
  suggestions().hidden = !open;
  searchField.setAttribute("aria-expanded", String(open));
  if (!open) mark(null);
}

function step(direction) {
  const all = options();
  const here = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  mark(all[here < 0 ? (direction > 0 ? 0 : all.length - 1) : (here + direction + all.length) % all.length]);
}

function onKey(event) {
  const open = !suggestions().hidden && options().length > 0;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!options().length) return;
    show(true);
    step(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  } else if (event.key === "Enter" && open) {
    const chosen = options().find((option) => option.getAttribute("aria-selected") === "true");
    if (!chosen) return;
    event.preventDefault();
    chosen.click();
  } else if (event.key === "Escape" && open) {
    show(false);
    event.preventDefault();
  }
}

if (searchField) {
  searchField.setAttribute("role", "combobox");
  searchField.setAttribute("aria-autocomplete", "list");
  searchField.setAttribute("aria-controls", "suggestions");
  searchField.setAttribute("aria-expanded", "false");
  searchField.addEventListener("keydown", onKey);
  searchField.addEventListener("focus", () => options().length && show(true));
  document.addEventListener("focusin", (event) => event.target.closest("search.search") || show(false));
  document.addEventListener("click", (event) => event.target.closest("search.search") || show(false));
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "suggestions") return;
    const wanted = searchField.value.trim() !== "" && document.activeElement === searchField;
    show(wanted);
    if (wanted) announce(suggestions().dataset.words);
  });
}
