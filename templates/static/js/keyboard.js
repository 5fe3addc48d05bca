// Keys: search, go to a page, move in lists. Never while somebody types; the single letters can be switched off.
"use strict";

const KEYS_OFF = "signalbox.keys-off";
const GO_SECONDS = 1.5;
let goUntil = 0;

function typing(element) {
  return Boolean(element.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=application]"));
}

function rows() {
  return [...document.querySelectorAll("main tbody tr, main [data-row]")].filter((row) => row.offsetParent && row.querySelector("a[href]"));
}

// The row holds the focus on its first link, so that Enter, the screen reader and the eye agree.
function move(step) {
  const all = rows();
  if (!all.length) return false;
  const here = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step))];
  next.querySelector("a[href]").focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function select() {
  const row = document.activeElement.closest("main tbody tr, main [data-row]");
  const box = row?.querySelector("input[type=checkbox]");
  if (!box) return false;
  box.click();
  return true;
}

function showKeys() {
  const dialog = document.getElementById("keys-dialog");
  if (!dialog || dialog.open) return false;
  document.getElementById("keys-off").checked = localStorage.getItem(KEYS_OFF) === "yes";
  dialog.showModal();
  return true;
}

function goTo(key) {
  const link = document.querySelector(`.rail [data-go="${CSS.escape(key)}"]`);
  if (!link) return false;
  window.location.assign(link.href);
  return true;
}

function search() {
  const field = document.getElementById("search");
  if (!field) return false;
  field.focus();
  field.select();
  return true;
}

const LETTERS = { "/": search, "?": showKeys, j: () => move(1), k: () => move(-1), x: select };

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return false;
  if (document.querySelector("dialog[open]")) return false;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const inRow = document.activeElement.closest("main tbody tr, main [data-row]");
    return Boolean(inRow) && move(event.key === "ArrowDown" ? 1 : -1);
  }
  if (localStorage.getItem(KEYS_OFF) === "yes") return false;
  if (Date.now() < goUntil) {
    goUntil = 0;
    if (goTo(event.key)) return true;
  }
  if (event.key === "g") goUntil = Date.now() + GO_SECONDS * 1000;
  return LETTERS[event.key]?.() ?? false;
}

document.addEventListener("keydown", (event) => {
  if (press(event)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-show-keys]") && !event.ctrlKey && !event.metaKey) {
    for (const menu of document.querySelectorAll("details.drop[open]")) menu.open = false;
    if (showKeys()) event.preventDefault();
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});

document.addEventListener("change", (event) => {
  if (event.target.id === "keys-off") localStorage.setItem(KEYS_OFF, event.target.checked ? "yes" : "no");
});
