// Saves what is typed within a second. What is not saved yet is kept in this browser too, so that
// neither a server that is away, nor leaving the page, nor a crash loses it.
"use strict";

const PAUSE = 350, AGAIN = 3000;
const PATIENCE = 20000; // an answer that takes longer is taken for none
const timers = new Map(); // by form: when it is saved next
const sent = new Map(); // by form: the values that are on their way

const draftForms = () => [...document.querySelectorAll("#desk form[data-autosave], #desk form[data-draft]")];
const textFields = (form) => [...form.elements].filter((field) => field.matches("input:not([type=hidden]), textarea, select") && field.name);
const valueOf = (field) => (field.type === "checkbox" ? String(field.checked) : field.value);
const draftKey = (form) => `desk ${desk().dataset.editor} ${desk().dataset.url} ${form.id}`;

function store(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch { /* a browser that keeps nothing still saves */ }
}

function stored(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

function rememberDraft(form) {
  const fields = textFields(form).filter((field) => Keep.typed.has(field));
  const values = Object.fromEntries(fields.map((field) => [field.name, valueOf(field)]));
  store(draftKey(form), fields.length ? { seen: form.elements.seen.value, values } : null);
}

const unsaved = () => draftForms().filter(hasTyped);

function showSaved(text) {
  const place = document.getElementById("saved");
  if (place) place.textContent = text;
}

function saveSoon(form, pause) {
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => saveNow(form), pause));
}

function saveNow(form) {
  clearTimeout(timers.get(form));
  if (!form.isConnected || !hasTyped(form) || !form.dataset.autosave) return;
  if (sent.has(form)) return; // its answer saves what came after
  showSaved("Saving …");
  htmx.trigger(form, "save");
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form || !form.closest("#desk") || !form.matches("[data-autosave], [data-draft]")) return;
  Keep.typed.add(event.target);
  rememberDraft(form);
  if (form.dataset.autosave) { showSaved("Not saved yet"); saveSoon(form, PAUSE); }
});
document.addEventListener("change", (event) => {
  if (event.target.form && Keep.typed.has(event.target)) saveNow(event.target.form);
});
document.addEventListener("focusout", (event) => {
  const field = event.target;
  const form = field.form;
  if (!form || !form.matches("[data-autosave]")) return;
  if (Keep.typed.has(field)) saveNow(form);
  else if (field.matches("input:not([type=checkbox]), textarea")) field.value = field.defaultValue;
});

document.addEventListener("htmx:configRequest", (event) => {
  const form = event.detail.elt;
  const cause = event.detail.triggeringEvent;
  if (!cause || cause.type !== "save" || !form.dataset.autosave) return;
  event.detail.parameters.action = form.dataset.autosave;
  event.detail.timeout = PATIENCE;
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  Keep.acted = form;
  if (form.matches("form[data-autosave], form[data-draft]")) {
    sent.set(form, new Map(textFields(form).map((field) => [field, valueOf(field)])));
  }
});

document.addEventListener("htmx:validation:halted", () => showSaved("Not saved: look at the marked field"));

// Somebody whose session has ended is answered with the sign-in page, which saves nothing.
const isDesk = (xhr) => xhr.status === 200 && xhr.responseText.includes('id="desk"');

// Before the content is brought up to date, what has been saved no longer counts as typed.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!desk()) return; // such as the page of the sending nodes
  const form = event.detail.requestConfig.elt;
  Keep.acted = form;
  if (isDesk(event.detail.xhr)) { settled(form); return; }
  if (event.detail.xhr.status !== 200) return;
  event.detail.shouldSwap = false;
  notify(SIGNED_OUT, true);
});

function settled(form) {
  const values = sent.get(form);
  if (!values) return;
  for (const [field, value] of values) if (valueOf(field) === value) Keep.typed.delete(field);
  rememberDraft(form);
}

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!sent.delete(form)) return;
  const status = event.detail.xhr.status;
  if (isDesk(event.detail.xhr)) {
    if (hasTyped(form) && form.dataset.autosave) saveSoon(form, 0);
    else if (!unsaved().some((other) => other.dataset.autosave)) showSaved("Saved");
  } else if (status === 409 && desk().dataset.conflict) {
    keepMine(form, textFields(form));
  } else {
    showSaved("Not saved");
    if (status === 0 || status >= 500) saveSoon(form, AGAIN);
  }
});

// What was typed while the answer was under way stands beside the other editor's words too.
function keepMine(form, fields) {
  for (const field of fields) {
    const mine = document.getElementById(`mine-${field.name}`);
    if (mine) mine.value = field.value;
    Keep.typed.delete(field);
  }
  store(draftKey(form), null);
}

// Text that an earlier visit left unsaved is put back, and saved; somebody else's change since
// then is shown beside it.
function restoreDrafts() {
  for (const form of draftForms()) {
    const draft = stored(draftKey(form));
    if (!draft) continue;
    for (const field of textFields(form)) {
      const value = draft.values[field.name];
      if (value === undefined || value === valueOf(field)) continue;
      if (field.type === "checkbox") field.checked = value === "true";
      else field.value = value;
      Keep.typed.add(field);
    }
    if (!hasTyped(form)) { store(draftKey(form), null); continue; }
    form.elements.seen.value = draft.seen;
    const around = form.closest("details");
    if (around) around.open = true;
    notify("What you had typed and not saved is back.");
    if (form.dataset.autosave) whenLoaded(() => saveSoon(form, 0));
  }
}

// htmx hears what a form is to send only after the whole page has been read.
function whenLoaded(act) {
  if (document.readyState === "complete") act();
  else addEventListener("load", act, { once: true });
}
if (desk() && desk().dataset.editor) restoreDrafts();

// Leaving waits until everything is saved, and asks where that is not possible.
document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a[href]");
  if (!link || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.getAttribute("href").startsWith("#") || !unsaved().some((form) => form.dataset.autosave)) return;
  event.preventDefault();
  const asked = Date.now();
  const go = () => {
    unsaved().forEach(saveNow);
    if (!unsaved().some((form) => form.dataset.autosave) || Date.now() - asked > 2000) location.href = link.href;
    else setTimeout(go, 50);
  };
  go();
});
let chosen = false; // to keep the other editor's words
document.addEventListener("click", (event) => { chosen = Boolean(event.target.closest && event.target.closest("a[data-leaves]")); });
addEventListener("beforeunload", (event) => {
  const open = unsaved();
  open.forEach(saveNow);
  if (open.length || (desk() && desk().dataset.conflict && !chosen)) event.preventDefault();
});
