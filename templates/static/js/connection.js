// Says when the page is no longer brought up to date, and recovers by itself.
"use strict";

const RETRY_SECONDS = 2;
const failing = new Map(); // what did not answer: an element that polls, or null for anything else; since when
let retrying = null;

function showLost(kind) {
  const banner = document.getElementById("lost");
  for (const words of banner.querySelectorAll("[data-lost]")) words.hidden = words.dataset.lost !== kind;
  const words = banner.querySelector(`[data-lost="${kind}"]`);
  if (banner.hidden && words) announce(words.dataset.said || words.textContent.trim());
  banner.hidden = !words;
}

function polls(element) {
  return Boolean(element?.getAttribute("hx-trigger")?.includes("every"));
}

function noteFailure(element) {
  const key = polls(element) ? element.id || element : null;
  if (!failing.has(key)) failing.set(key, Date.now());
  retrying ??= setInterval(tryAgain, RETRY_SECONDS * 1000);
  count();
}

function noteAnswer(element) {
  const known = failing.delete(element?.id || element);
  if (known) recovered();
}

function recovered() {
  if (failing.size) return;
  clearInterval(retrying);
  retrying = null;
  if (document.querySelector('[data-lost="away"]')?.hidden !== false) return;
  showLost("");
  announce("The server answers again.");
}

function count() {
  if (document.querySelector('[data-lost="gone"]')?.hidden === false) return;
  showLost("away");
  const since = Math.min(...failing.values());
  document.querySelector('[data-lost="away"] .number').textContent = `${Math.round((Date.now() - since) / 1000)} s`;
}

async function tryAgain() {
  for (const key of [...failing.keys()]) if (typeof key === "string" && !document.getElementById(key)) failing.delete(key);
  if (!failing.size) return recovered();
  count();
  try {
    const answer = await fetch(document.getElementById("lost").dataset.health, { cache: "no-store" });
    if (!answer.ok) return;
  } catch {
    return;
  }
  failing.delete(null);
  recovered();
  const ring = document.getElementById("runs-ring");
  if (ring && failing.has("runs-ring")) htmx.trigger(ring, "look");
}

function stopPolling(element, kind) {
  element.dataset.stopped = "";
  failing.delete(element.id || element);
  recovered();
  showLost(kind);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const element = event.detail.elt;
  if ("stopped" in element.dataset || (document.hidden && "whenVisible" in element.dataset)) event.preventDefault();
});

document.addEventListener("htmx:sendError", (event) => noteFailure(event.detail.elt));
document.addEventListener("htmx:timeout", (event) => noteFailure(event.detail.elt));
document.addEventListener("htmx:responseError", (event) => {
  const { elt, xhr } = event.detail;
  if (xhr.status >= 500) noteFailure(elt);
  else if (polls(elt) && [403, 404, 410].includes(xhr.status)) stopPolling(elt, "gone");
});

// Who is signed out is led to the sign-in page, which has no place inside this one.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { elt, xhr } = event.detail;
  if (!xhr.responseURL || new URL(xhr.responseURL).pathname !== document.getElementById("lost")?.dataset.signIn) return;
  event.detail.shouldSwap = false;
  stopPolling(elt, "signed-out");
});

document.addEventListener("htmx:afterRequest", (event) => {
  // An element that was swapped out no longer hears its own event: then its parent does, and this names who asked.
  if (event.detail.successful) noteAnswer(event.detail.requestConfig.elt);
});

document.addEventListener("visibilitychange", () => {
  const ring = document.getElementById("runs-ring");
  if (!document.hidden && ring) htmx.trigger(ring, "look");
});
