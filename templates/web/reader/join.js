"use strict";
// Calculates what a sign-up form asks of a browser: a number so that SHA-256 of "stamp:number"
// begins with zero bits. Without this script the form is sent too, after a longer wait.
const opened = Date.now();
const text = new TextEncoder();

function zeroBits(bytes) {
  const words = new DataView(bytes);
  return Math.clz32(words.getUint32(0));
}

async function prove(form) {
  const { stamp, proof } = form.elements;
  for (let number = 0; !proof.value; number++) {
    const digest = await crypto.subtle.digest("SHA-256", text.encode(`${stamp.value}:${number}`));
    if (zeroBits(digest) >= Number(form.dataset.bits)) proof.value = number;
  }
}

for (const form of document.querySelectorAll("form[data-bits]")) {
  if (!window.crypto || !crypto.subtle) continue; // a page without https
  form.addEventListener("focusin", () => { form.proving ??= prove(form); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.setAttribute("aria-busy", "true");
    await (form.proving ??= prove(form)).catch(() => {}); // sent without it, it is asked again
    const early = Number(form.dataset.age) - (Date.now() - opened);
    setTimeout(() => form.submit(), Math.max(0, early));
  });
}
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) form.removeAttribute("aria-busy");
});
