// Passkeys: asks the browser for one and sends its answer with the form, which is hidden without this.
"use strict";

const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

let waiting = null; // what the browser was last asked: it takes one question at a time
let pressed = false;

async function choose(form, more = {}) {
  const { publicKey, state } = await ask(form);
  if (pressed && more.mediation) return;
  waiting?.abort();
  waiting = new AbortController();
  const asked = { publicKey, signal: waiting.signal, ...more };
  const made = await (form.dataset.passkey === "new" ? navigator.credentials.create(asked) : navigator.credentials.get(asked));
  if (!made) throw new DOMException("Nothing was chosen.", "NotAllowedError"); // some browsers say it so
  send(form, made, state);
}

async function ask(form) {
  const isNew = form.dataset.passkey === "new";
  const answer = await fetch(form.dataset.ask, isNew ? { method: "POST", body: new FormData(form), redirect: "error" } : {});
  if (!answer.headers.get("content-type")?.startsWith("application/json")) throw new Error("That did not work. Reload the page and try again.");
  const { ask: options, state, problem } = await answer.json();
  if (problem) throw new Error(problem);
  options.challenge = toBytes(options.challenge);
  for (const one of [...(options.excludeCredentials ?? []), ...(options.allowCredentials ?? [])]) one.id = toBytes(one.id);
  if (options.user) options.user.id = toBytes(options.user.id);
  return { publicKey: options, state };
}

function send(form, made, state) {
  const { response } = made, said = { clientDataJSON: toText(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) said[name] = toText(response[name]);
  }
  form.elements.state.value = state;
  form.elements.credential.value = JSON.stringify({ id: made.id, rawId: toText(made.rawId), type: made.type, response: said });
  form.submit();
}

function why(error) {
  if (error.name === "InvalidStateError") return "There is a passkey of yours on this device already.";
  if (error.name === "NotAllowedError") return "Nothing was chosen, or it took too long. Try again.";
  if (error.name === "Error") return error.message;
  return "This browser could not use a passkey. Try again, or sign in in another way.";
}

async function press(form) {
  const problem = form.querySelector("[role=alert]");
  pressed = true;
  problem.hidden = true;
  try {
    await choose(form);
  } catch (error) {
    if (error.name === "AbortError") return; // the button was pressed again
    problem.textContent = why(error);
    problem.hidden = false;
  }
}

async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  // Nobody has asked for it, so nobody is told when nothing comes of it.
  await choose(form, { mediation: "conditional" }).catch(() => {});
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential || location.origin !== form.dataset.relyingParty) continue;
  form.hidden = false;
  for (const other of document.querySelectorAll("[data-without-passkeys]")) other.hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(form);
  });
  if (form.dataset.passkey === "offer") offer(form);
}
