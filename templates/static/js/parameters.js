// Conveniences of parameter fields; every page is complete without them.
"use strict";

// data-narrow="selector" shows only those elements whose data-parameter contains what is typed.
document.addEventListener("input", (event) => {
  const selector = event.target.dataset?.narrow;
  if (!selector) return;
  const typed = event.target.value.trim().toLowerCase();
  for (const element of document.querySelectorAll(selector)) element.hidden = !element.dataset.parameter.includes(typed);
});

// A link to a field in a folded part opens that part.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#p-"]');
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const folded = field.closest("details");
  if (folded) folded.open = true;
  field.focus();
});
