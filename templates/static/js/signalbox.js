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

// What needs a script is hidden until there is one.
function reveal(root) {
  for (const element of root.querySelectorAll("[data-needs-script]")) element.hidden = false;
}

// Said politely to those who hear the page instead of seeing it.
function announce(words) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = words;
}

// data-copy="id" copies the text, or the value, of that element.
async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const word = button.querySelector("span") || button;
  button.dataset.word ??= word.textContent;
  try {
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    word.textContent = "Copied";
    announce("Copied");
  } catch {
    if (source.select) source.select();
    else window.getSelection().selectAllChildren(source);
    word.textContent = "Selected: press Ctrl+C";
    announce("Selected. Press Control C to copy.");
  }
  setTimeout(() => (word.textContent = button.dataset.word), 4000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

// Toasts: good news goes by itself unless it is being read; what went wrong stays until it is dismissed.
const TOAST_SECONDS = 10;

function watchToast(toast) {
  if (toast.dataset.toast !== "good" && toast.dataset.toast !== "busy") return;
  const leave = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? leave() : toast.remove()), TOAST_SECONDS * 1000);
  leave();
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove();
});

// Escape closes an open menu and gives the focus back.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open], details.drop[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-back]")) history.back();
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open], details.drop[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// A double click sends a form once. It can be sent again after a while: a download leaves the page as it is.
const SENDING_SECONDS = 5;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if ("sending" in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "";
  setTimeout(() => delete form.dataset.sending, SENDING_SECONDS * 1000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sending;
});

document.addEventListener("htmx:load", (event) => {
  const root = event.target.parentElement || document;
  localizeTimes(root);
  reveal(root);
});
document.addEventListener("DOMContentLoaded", () => {
  localizeTimes(document);
  reveal(document);
  document.querySelectorAll("[data-toast]").forEach(watchToast);
  for (const form of document.forms) countSelected(form);
});
