// Conveniences of the launch page; it is complete without them.
"use strict";

const signedOut = () => document.getElementById("signed-out");

// Signing in in another tab gives the browser another token: take the present one whenever something is sent.
function freshToken() {
  return document.cookie.match(/(?:^|; )(?:csrftoken|__Host-csrf)=([^;]+)/)?.[1];
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = freshToken();
  if (!token) return;
  event.detail.headers["X-CSRFToken"] = token;
  if (event.detail.verb !== "get") event.detail.parameters.csrfmiddlewaretoken = token;
});

document.addEventListener("submit", (event) => {
  const token = freshToken();
  if (event.target.id === "launch-form" && token) event.target.elements.csrfmiddlewaretoken.value = token;
});

// What is sent with the whole form is the last word: nothing that waited to be kept may come behind it.
let leaving = false;

document.addEventListener("submit", (event) => {
  if (event.target.id === "launch-form" && !event.defaultPrevented) leaving = true;
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (leaving) event.preventDefault();
});

window.addEventListener("pageshow", () => {
  leaving = false;
});

// An answer that is the sign-in page means: signed out. What was typed stays on this page, and was kept until then.
document.addEventListener("htmx:beforeSwap", (event) => {
  const note = signedOut();
  if (!note) return;
  const address = new URL(event.detail.xhr.responseURL || window.location.href);
  const link = note.querySelector("a");
  const out = address.pathname === new URL(link.href).pathname;
  if (out) event.detail.shouldSwap = false;
  note.hidden = !out;
});

// What was unfolded stays unfolded when its part of the page is drawn anew.
const unfolded = new Set();

document.addEventListener("toggle", (event) => {
  const { id, open } = event.target;
  if (!id) return;
  if (open) unfolded.add(id);
  else unfolded.delete(id);
}, true);

document.addEventListener("htmx:load", (event) => {
  for (const details of event.target.querySelectorAll("details[id]")) if (unfolded.has(details.id)) details.open = true;
});
