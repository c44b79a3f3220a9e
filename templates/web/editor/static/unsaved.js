// Asks before a page is left on which something was typed that no button has sent. Issues save what
// is typed by themselves (drafts.js); their forms are not asked about here.
"use strict";

function isChanged(field) {
  if (!field.name || field.disabled) return false;
  switch (field.type) {
    case "hidden": case "submit": case "button": return false;
    case "checkbox": case "radio": return field.checked !== field.defaultChecked;
    case "file": return field.files.length > 0;
    case "select-one": case "select-multiple": {
      const chosen = [...field.options].filter((option) => option.defaultSelected);
      return chosen.length ? chosen.some((option) => !option.selected) : field.selectedIndex > 0;
    }
    default: return field.value !== field.defaultValue;
  }
}

let isSent = false;
// The last to hear of it: a script before may have kept the form from being sent. A preview goes into
// a frame, and the page stays.
addEventListener("submit", (event) => {
  if (!event.submitter?.formTarget && !event.target.target) isSent = !event.defaultPrevented;
});
addEventListener("pageshow", () => { isSent = false; });
addEventListener("beforeunload", (event) => {
  if (isSent) return;
  const forms = [...document.querySelectorAll("main form[method=post]")].filter((form) => !form.closest("#desk"));
  if (forms.some((form) => [...form.elements].some(isChanged))) event.preventDefault();
});
