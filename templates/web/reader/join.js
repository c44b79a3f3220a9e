"use strict";
// Calculates what a sign-up form asks of a browser: a number so that SHA-256 of "stamp:number"
// begins with zero bits. Without that number the form is accepted too, after a longer wait: a slow
// browser does not calculate longer than that.
const opened = Date.now();
const text = new TextEncoder();

const zeroBits = (digest) => Math.clz32(new DataView(digest).getUint32(0));
const until = (age) => new Promise((done) => setTimeout(done, Math.max(0, age - (Date.now() - opened))));

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
    const proof = (form.proving ??= prove(form)).then(() => until(form.dataset.age));
    await Promise.race([proof, until(form.dataset.wait)]).catch(() => {}); // it is asked again
    form.submit();
  });
}
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) form.removeAttribute("aria-busy");
});
