// Asks the browser to make or to prove a passkey when a form with data-passkey is sent, and posts its answer.
"use strict";

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) continue;
  const said = form.querySelector("[data-passkey-said]");
  said.textContent = "";
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    const answer = form.elements.passkey;
    if (answer.value) return;
    event.preventDefault();
    const asked = JSON.parse(document.getElementById("passkey-options").textContent).publicKey;
    try {
      const made =
        form.dataset.passkey === "create"
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
      answer.value = JSON.stringify(made.toJSON());
      form.requestSubmit();
    } catch (error) {
      said.textContent = `The browser made no use of a passkey (${error.name}). Try again, or use another second factor.`;
    }
  });
}
