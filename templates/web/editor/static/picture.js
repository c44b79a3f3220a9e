// Pictures that are dropped, pasted or chosen: each is put into its form, where its alt text is typed
// before it is uploaded. What cannot be used is said at once.
"use strict";

const KINDS = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"];
const hasFiles = (event) => Boolean(event.dataTransfer) && [...event.dataTransfer.types].includes("Files");

// The form of the article or block that an element is in, or of a page that shows only one.
function uploadFormOf(element) {
  const near = element && element.closest && element.closest(".item, .block, form[data-upload]");
  if (near) return near.matches("form") ? near : near.querySelector("form[data-upload]");
  const open = [...document.querySelectorAll("form[data-upload]")].filter((form) => form.checkVisibility());
  return open.length === 1 ? open[0] : null;
}

function refusalOf(file, form) {
  const most = Number(form.dataset.most);
  if (file.size > most) return `This file is too large. Use one of at most ${Math.floor(most / 1e6)} MB.`;
  if (file.type && !KINDS.includes(file.type)) return "This file is not a picture that mail programs can show. Use a JPEG, PNG, GIF, WebP or AVIF file.";
  return "";
}

// Whether the chosen file can be uploaded; if not, it is taken out of the form again.
function check(form) {
  const field = form.elements.file;
  const refusal = field.files.length ? refusalOf(field.files[0], form) : "";
  form.querySelector(".refusal").textContent = refusal;
  if (refusal) field.value = "";
  if (field.files.length) Keep.typed.add(field);
  else Keep.typed.delete(field);
  return !refusal;
}

function take(form, file) {
  const given = new DataTransfer();
  given.items.add(file);
  form.elements.file.files = given.files;
  const around = form.closest("details");
  if (around) around.open = true;
  if (!check(form)) return;
  const { alt } = form.elements;
  (alt || form.querySelector("button")).focus();
  form.scrollIntoView({ block: "nearest" });
  document.getElementById("announced").textContent = `${file.name} is chosen.`;
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form && form.matches("[data-upload]") && event.target.type === "file") check(form);
});
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && form.matches("[data-upload]") && event.target.name === "alt") Keep.typed.add(event.target);
});

// A file that is dropped elsewhere does not take the page's place.
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  const form = uploadFormOf(event.target);
  event.dataTransfer.dropEffect = form ? "copy" : "none";
  for (const other of document.querySelectorAll(".upload.over")) if (other !== form) other.classList.remove("over");
  if (form) form.classList.add("over");
});
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  for (const form of document.querySelectorAll(".upload.over")) form.classList.remove("over");
  const form = uploadFormOf(event.target);
  if (form && event.dataTransfer.files.length) take(form, event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  if (!files.length || types.includes("text/plain")) return; // a word processor gives words and a picture of them
  const form = uploadFormOf(event.target);
  if (!form) return;
  event.preventDefault();
  take(form, files[0]);
});

const isUpload = (element) => element instanceof HTMLFormElement && element.matches("[data-upload]");
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isUpload(event.detail.elt)) showSaved("Uploading …");
});
// A refusal stands beside the form until the next attempt: the desk's own place for problems is emptied
// by the answer to whatever else is saved in the meantime.
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig.elt;
  if (!isUpload(form)) return;
  if (!isDesk(event.detail.xhr)) { event.detail.shouldSwap = false; return; }
  for (const field of form.elements) Keep.typed.delete(field);
  form.reset();
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt: form, xhr } = event.detail;
  if (!isUpload(form)) return;
  showSaved(isDesk(xhr) ? "Saved" : "Not saved");
  form.querySelector(".refusal").textContent = isDesk(xhr) ? "" : problemIn(xhr);
});

// Why an upload failed, in words.
function problemIn(xhr) {
  if (!xhr.status) return "The picture is not uploaded: the server cannot be reached. Upload it again.";
  if (xhr.status === 401 || xhr.status === 403 || xhr.status === 200) return "The picture is not uploaded: you are signed out. Reload the page to sign in.";
  const alert = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[role=alert]");
  return alert ? alert.textContent.trim() : "The picture is not uploaded. Upload it again.";
}
