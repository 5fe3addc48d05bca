// Conveniences of the launch, review and run pages; every page is complete without them.
"use strict";

// data-keep="name": what is typed survives a sign-out in this tab. It is offered back, never filled in by itself.
const IGNORED = new Set(["csrfmiddlewaretoken", "look", "choose_set", "find"]);

function typedInto(form) {
  return [...new FormData(form)].filter(([name, value]) => !IGNORED.has(name) && typeof value === "string" && value.trim() !== "");
}

function keep(form) {
  const storage = `signalbox.launch.${form.dataset.keep}`;
  const fresh = JSON.stringify(typedInto(form));
  const kept = sessionStorage.getItem(storage);
  if (kept && kept !== fresh && !document.getElementById("problems") && !window.location.search) offer(form, JSON.parse(kept));
  form.addEventListener("change", () => sessionStorage.setItem(storage, JSON.stringify(typedInto(form))));
}

function offer(form, pairs) {
  const note = document.createElement("p");
  note.className = "note";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm btn-outline-secondary";
  button.textContent = "Fill in what you typed here before";
  button.addEventListener("click", () => {
    // The server builds the page anew from these values, with the right parameter set and organizations.
    const again = document.createElement("form");
    again.method = "post";
    for (const [name, value] of [...pairs, ["look", "again"], ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value]]) {
      const input = document.createElement("textarea");
      input.name = name;
      input.value = value;
      again.append(input);
    }
    again.hidden = true;
    document.body.append(again);
    again.submit();
  });
  note.append(button);
  form.before(note);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form[data-keep]")) keep(form);
});
