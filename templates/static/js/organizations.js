// "All 214 that match" beside single ticks: while it is on, every row shows as selected and the count is the whole.
"use strict";

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-selection]");
  const all = form && form.querySelector("[data-match-all]");
  if (!all) return;
  const boxes = form.querySelectorAll("input[name=organization]");
  if (event.target === all) {
    for (const box of boxes) box.checked = all.checked;
  } else if (!event.target.checked && (event.target.name === "organization" || event.target.dataset.selectAll)) {
    all.checked = false;
  }
  const ticked = [...boxes].filter((box) => box.checked).length;
  const number = all.checked ? Number(all.dataset.matchAll) : ticked;
  for (const output of form.querySelectorAll("[data-selected]")) output.textContent = number.toLocaleString("en");
});
