// Text becomes HTML in one way only: an answer of our own server to htmx, parsed into a document of its own, in which no
// script runs. The policy has to be the default one: htmx hands plain text to the parser and knows no policies.
"use strict";

if (window.trustedTypes) {
  const SINKS = ["Document parseHTMLUnsafe", "DOMParser parseFromString"];
  const REMEMBERED = 24;
  const answers = new Set();

  function remember(answer) {
    const withoutHead = answer.replace(/<head(\s[^>]*)?>[\s\S]*?<\/head>/i, "");
    const wrapped = `<body><template class="internal-htmx-wrapper">${withoutHead}</template></body>`;
    for (const text of [answer, withoutHead, wrapped]) {
      answers.delete(text);
      answers.add(text);
    }
    while (answers.size > REMEMBERED) answers.delete(answers.values().next().value);
  }

  function isOurs(xhr) {
    return Boolean(xhr.responseURL) && new URL(xhr.responseURL).origin === window.location.origin;
  }

  for (const name of ["htmx:beforeOnLoad", "htmx:historyCacheMissLoad"]) {
    document.addEventListener(name, (event) => {
      if (isOurs(event.detail.xhr)) remember(event.detail.xhr.responseText);
    }, true);
  }

  window.trustedTypes.createPolicy("default", {
    createHTML: (text, _kind, sink) => (SINKS.includes(sink) && answers.has(text) ? text : null),
  });
}
