// Arrow keys move from the search through what was found; every page is complete without this.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const search = document.getElementById("cmdlet-search");
  const links = [...document.querySelectorAll(".found-link")];
  const at = links.indexOf(document.activeElement);
  if (!search || !links.length || (at < 0 && document.activeElement !== search)) return;
  event.preventDefault();
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  (next < 0 ? search : links[Math.min(next, links.length - 1)]).focus();
});

// A link to one parameter opens the part that it is folded into.
function unfold() {
  const named = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  const folded = named?.closest("details");
  if (!folded || folded.open) return;
  folded.open = true;
  named.scrollIntoView({ block: "center" });
}

window.addEventListener("hashchange", unfold);
document.addEventListener("DOMContentLoaded", unfold);
