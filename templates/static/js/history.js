// Conveniences of the history and the audit trail; every page is complete without them.
"use strict";

// A filter that is left empty does not stand in the address.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.filters[method=get]")) return;
  for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
});

// Coming back from the next page, the browser must find the fields usable again.
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form.filters [disabled]")) field.disabled = false;
});

// Arrow keys walk the days of the calendar: one of them is in the tab order.
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function next(days, from, [columns, rows]) {
  const at = from.getBoundingClientRect();
  const ahead = days.map((day) => [day, day.getBoundingClientRect()])
    .map(([day, box]) => [day, (box.x - at.x) * columns + (box.y - at.y) * rows, Math.abs((box.x - at.x) * rows) + Math.abs((box.y - at.y) * columns)])
    .filter(([, forward]) => forward > 1);
  ahead.sort((one, other) => one[1] + 3 * one[2] - other[1] - 3 * other[2]);
  return ahead[0]?.[0];
}

for (const calendar of document.querySelectorAll("svg.calendar")) {
  const days = [...calendar.querySelectorAll("a")];
  days.at(-1)?.setAttribute("tabindex", "0");
  calendar.addEventListener("keydown", (event) => {
    const day = event.target.closest("a");
    const found = day && STEPS[event.key] && next(days, day, STEPS[event.key]);
    if (!found) return;
    event.preventDefault();
    day.setAttribute("tabindex", "-1");
    found.setAttribute("tabindex", "0");
    found.focus();
  });
}
