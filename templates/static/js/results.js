// Results of a run: find a column in the list, count at once when a column is chosen, hide a value that is not asked for.
"use strict";

for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

document.addEventListener("input", ({ target }) => {
  const list = document.getElementById(target.dataset?.narrows ?? "");
  if (!list) return;
  const words = target.value.trim().toLowerCase();
  for (const item of list.children) item.hidden = !item.textContent.toLowerCase().includes(words);
});

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-submits]")) target.form.requestSubmit();
  if (target.id === "rows-is") {
    const value = document.getElementById("rows-value");
    value.disabled = ["empty", "filled"].includes(target.value);
  }
});

// Left and right lead to the neighbouring page or object, unless somebody types or scrolls a table.
document.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (!way || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target !== document.body && event.target.id !== "main") return;
  document.querySelector(`main ~ a[rel=${way}], a[rel=${way}]`)?.click();
});
