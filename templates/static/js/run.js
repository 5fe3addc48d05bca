// The page of a run follows it: cells change where they are, so nothing moves and nothing loses the focus.
"use strict";

// Cells that changed arrive in a <template> of the header; each existing cell takes over what is new.
function applyChanges() {
  const changes = document.getElementById("board-changes");
  if (!changes) return;
  for (const fresh of changes.content.children) {
    const cell = document.getElementById(fresh.id);
    if (!cell || cell.getAttribute("aria-label") === fresh.getAttribute("aria-label")) continue;
    for (const name of ["class", "title", "aria-label"]) cell.setAttribute(name, fresh.getAttribute(name));
    cell.textContent = fresh.textContent;
  }
  changes.remove();
}

document.addEventListener("htmx:afterSettle", applyChanges);
