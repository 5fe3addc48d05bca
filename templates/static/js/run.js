// The page of a run follows it: cells change where they are, so nothing moves and nothing loses the focus.
"use strict";

const SAY_EVERY = 20000;
const RENEW_EVERY = 3000;
let changedCells = new Set();
let saidAt = 0;

// Cells that changed arrive in a <template> of the header; each existing cell takes over what is new.
function applyChanges() {
  const changes = document.getElementById("board-changes");
  if (!changes) return;
  for (const fresh of changes.content.children) {
    const cell = document.getElementById(fresh.id);
    if (!cell || cell.getAttribute("aria-label") === fresh.getAttribute("aria-label")) continue;
    for (const name of ["class", "aria-label"]) cell.setAttribute(name, fresh.getAttribute(name));
    cell.textContent = fresh.textContent;
    changedCells.add(cell.id);
    if (cell === tipped) showTip(cell);
  }
  changes.remove();
  sayStale();
}

// What costs more than a cell (causes, time line, table) is renewed at most every few seconds, and always after the last
// change: htmx's own throttle would drop that one.
let renewal = null;
document.addEventListener("run-changed", () => {
  renewal ??= setTimeout(() => {
    renewal = null;
    htmx.trigger(document.body, "run-renew");
  }, RENEW_EVERY);
});

// A board that was grouped or sorted keeps its order until the person asks for it anew.
function sayStale() {
  const note = document.getElementById("board-stale");
  if (!note || note.dataset.arranged !== "yes" || !changedCells.size) return;
  const number = changedCells.size;
  note.firstElementChild.textContent = number === 1 ? "1 organization has changed since." : `${number} organizations have changed since.`;
  note.hidden = false;
}

// What a person hears: the sentence now and then, and at the end; not every second.
function say(force) {
  const sentence = document.getElementById("run-sentence");
  if (!sentence || (!force && Date.now() - saidAt < SAY_EVERY)) return;
  saidAt = Date.now();
  announce(sentence.textContent);
}

// The name under the pointer or the focus, beside the cell. The cell's own label says the same to those who listen.
const tip = document.createElement("div");
tip.className = "cell-tip";
tip.hidden = true;
let tipped = null;

function showTip(cell) {
  tipped = cell;
  cell.removeAttribute("title");
  tip.textContent = cell.getAttribute("aria-label");
  tip.hidden = false;
  const place = cell.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const left = Math.min(Math.max(4, place.left + place.width / 2 - size.width / 2), window.innerWidth - size.width - 4);
  const above = place.top - size.height - 6;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(above > 0 ? above : place.bottom + 6)}px)`;
}

function hideTip() {
  tipped = null;
  tip.hidden = true;
}

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const cell = event.target.closest?.("#board .cell");
    if (cell) showTip(cell);
    else if (tipped) hideTip();
  });
}
document.addEventListener("scroll", () => tipped && hideTip(), { passive: true });

// One tab stop for the whole board; the arrow keys move in it.
function rove(board, cell) {
  for (const other of board.querySelectorAll('.cell[tabindex="0"]')) other.tabIndex = -1;
  cell.tabIndex = 0;
}

function prepareBoard() {
  const board = document.getElementById("board");
  if (!board || board.dataset.roving) return;
  board.dataset.roving = "yes";
  changedCells = new Set();
  for (const cell of board.querySelectorAll(".cell")) cell.tabIndex = -1;
  board.querySelector(".cell")?.setAttribute("tabindex", "0");
}

// The nearest cell in the next row up or down.
function across(cells, from, step) {
  const { offsetTop: top, offsetLeft: left } = cells[from];
  let best = null;
  for (let index = from + step; index >= 0 && index < cells.length; index += step) {
    const cell = cells[index];
    if (cell.offsetTop === top) continue;
    if (best && cell.offsetTop !== best.offsetTop) break;
    if (!best || Math.abs(cell.offsetLeft - left) < Math.abs(best.offsetLeft - left)) best = cell;
  }
  return best;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && tipped) hideTip();
  const board = event.target.closest?.("#board");
  if (!board || event.ctrlKey || event.metaKey || event.altKey) return;
  const cells = [...board.querySelectorAll(".cell")];
  const here = cells.indexOf(event.target);
  const moves = {
    ArrowRight: () => cells[here + 1],
    ArrowLeft: () => cells[here - 1],
    ArrowDown: () => across(cells, here, 1),
    ArrowUp: () => across(cells, here, -1),
    Home: () => cells[0],
    End: () => cells.at(-1),
  };
  const next = moves[event.key]?.();
  if (!moves[event.key]) return;
  event.preventDefault();
  if (!next) return;
  rove(board, next);
  next.focus();
});

// A bar of the time line leads to its organization; the table below it does the same for the keyboard.
document.addEventListener("click", (event) => {
  const bar = event.target.closest?.(".time-line [data-target]");
  if (bar) window.location.assign(`/targets/${bar.dataset.target}/`);
});

// Buttons go when a run ends: the room that they took stays, so that the board does not move under the pointer.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const head = event.detail.target.closest(".page-head");
  if (head) head.style.minBlockSize = `${head.getBoundingClientRect().height}px`;
});

// What a person has opened stays open when a part is renewed.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  for (const open of target.querySelectorAll("details[open]")) {
    const fresh = open.id ? fragment.getElementById(open.id) : fragment.querySelector("details.picture-table");
    if (fresh) fresh.open = true;
  }
});

// The tab's icon: a ring that fills, then the mark of the outcome.
const COLOURS = { succeeded: "#0a6b52", failed: "#b3261e", partly_failed: "#b86e00", cancelled: "#4a545f" };
const MARKS = { succeeded: "M9 17l5 5 9-11", failed: "M10 10l12 12M22 10L10 22", partly_failed: "M16 8v10M16 22v2", cancelled: "M11 11h10v10h-10z" };

function drawIcon() {
  const head = document.getElementById("run-progress");
  const link = document.querySelector('link[rel="icon"]');
  if (!head || !link) return;
  const { state, step } = head.dataset;
  const look = `${state}-${step}`;
  if (link.dataset.look === look) return;
  link.dataset.look = look;
  const done = MARKS[state]
    ? `<circle cx="16" cy="16" r="15" fill="${COLOURS[state]}"/><path d="${MARKS[state]}" fill="none" stroke="#fff" stroke-width="3.5"/>`
    : `<circle cx="16" cy="16" r="12" fill="none" stroke="#9aa4af" stroke-width="6"/><circle cx="16" cy="16" r="12" fill="none" stroke="#0b5cad" stroke-width="6" pathLength="16" stroke-dasharray="${step} 16" transform="rotate(-90 16 16)"/>`;
  link.href = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${done}</svg>`)}`;
}

// A notification at the end, if somebody asked for it here.
let tellAtEnd = false;

function tellWord(button, words) {
  button.querySelector("span").textContent = words;
  announce(words);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-tell]");
  if (!button) return;
  if (!("Notification" in window)) return tellWord(button, "This browser has no notifications");
  const answer = await Notification.requestPermission();
  tellAtEnd = answer === "granted";
  if (tellAtEnd) button.disabled = true;
  tellWord(button, tellAtEnd ? "You will be told when it ends" : "Refused by the browser: allow notifications for this site");
});

document.addEventListener("run-ended", () => {
  document.querySelector("[data-tell]")?.remove();
  setTimeout(() => {
    say(true);
    const sentence = document.getElementById("run-sentence")?.textContent;
    if (tellAtEnd) new Notification(document.title, { body: sentence });
    tellAtEnd = false;
  });
});

// The run is gone: connection.js stops the polls, the sentence says that it is no longer true.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  const sentence = document.getElementById("run-sentence");
  if (xhr.status !== 404 || elt.id !== "run-progress" || !sentence) return;
  sentence.textContent = "This run was deleted under the retention policy or is not visible to you any more. Below is what was seen last.";
  sentence.className = "sentence sentence-bad";
  say(true);
});

// Numbers in words beside the header, as the legend has them.
function renewCounts() {
  for (const place of document.querySelectorAll("[data-count]")) {
    const number = document.querySelector(`#legend-${place.dataset.count} .number`);
    place.textContent = number ? number.textContent : "0";
  }
}

document.addEventListener("htmx:afterSettle", () => {
  applyChanges();
  renewCounts();
  prepareBoard();
  drawIcon();
  say(false);
});
document.addEventListener("DOMContentLoaded", () => {
  document.body.append(tip);
  saidAt = Date.now();
  prepareBoard();
  drawIcon();
});

// A list that follows the run: rows take over what is new where they stand; none comes, goes or moves while it is read.
document.addEventListener("htmx:beforeSwap", (event) => {
  const list = document.getElementById(event.detail.requestConfig.elt.dataset?.patch);
  if (!list || event.detail.xhr.status !== 200) return;
  event.detail.shouldSwap = false;
  const fresh = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const rows = [...list.querySelectorAll("tbody tr")];
  const renewed = [...fresh.querySelectorAll("tbody tr")];
  for (const row of renewed) {
    const old = document.getElementById(row.id);
    if (!old) continue;
    row.querySelectorAll("td:not(.check)").forEach((cell, index) => {
      const place = old.querySelectorAll("td:not(.check)")[index];
      if (place.innerHTML !== cell.innerHTML) place.replaceChildren(...cell.childNodes);
    });
  }
  const moved = rows.map((row) => row.id).join() !== renewed.map((row) => row.id).join();
  const stale = document.getElementById("targets-stale");
  if (stale && moved) stale.hidden = false;
});
