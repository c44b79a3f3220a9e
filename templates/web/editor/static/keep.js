// Brings the page's content to what the server answered, and leaves alone what is the same: the
// scroll position, the focus, open details, and whatever somebody has typed and not saved.
"use strict";

const Keep = {
  typed: new WeakSet(), // fields with text that the server does not have yet
  acted: null, // the element whose request is being answered
};

function hasTyped(form) {
  return [...form.elements].some((field) => Keep.typed.has(field));
}

// The field takes the server's value, unless somebody is writing in it or in its form.
function bringField(field, fresh, own) {
  const form = field.form;
  if (form && hasTyped(form) && form !== own) return;
  if (field.type === "hidden") { field.value = fresh.value; return; }
  if (Keep.typed.has(field)) return;
  if (field.matches("select")) {
    const chosen = [...fresh.options].find((option) => option.hasAttribute("selected")) || fresh.options[0];
    if (chosen) field.value = chosen.value;
  } else if (field.type === "checkbox" || field.type === "radio") {
    field.checked = fresh.hasAttribute("checked");
  } else {
    const value = field.matches("textarea") ? fresh.textContent : fresh.getAttribute("value") || "";
    field.defaultValue = value;
    // What the server trimmed is not taken from under the cursor.
    if (!(form === own && field === document.activeElement) && field.value !== value) field.value = value;
  }
}

// Whether details are open is the editor's; what a field holds is brought by bringField.
function bringAttributes(element, fresh) {
  const isOwn = (name) => name === "open" || (name === "value" && element.matches("input"));
  for (const { name } of [...element.attributes]) {
    if (!fresh.hasAttribute(name) && !isOwn(name)) element.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (isOwn(name) || element.getAttribute(name) === value) continue;
    if (name === "class" && element.classList.contains("htmx-request")) continue; // it waits for an answer
    element.setAttribute(name, value);
  }
}

function place(parent, node, before) {
  if (parent.moveBefore && node.isConnected) parent.moveBefore(node, before);
  else parent.insertBefore(node, before);
}

// `known` finds an element of the page by its id; what leaves one list for another waits in `parked`.
function bringChildren(element, fresh, known) {
  const kept = new Set();
  let at = element.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    while (at && kept.has(at)) at = at.nextSibling;
    const match = known.find(wanted) || next(at, wanted, kept);
    if (match) {
      if (match !== at) place(element, match, at);
      kept.add(match);
      if (match.nodeType === Node.ELEMENT_NODE) bring(match, wanted, known);
      else if (match.data !== wanted.data) match.data = wanted.data;
    } else {
      element.insertBefore(wanted, at);
      kept.add(wanted);
      known.added.push(wanted);
    }
  }
  for (const child of [...element.childNodes]) if (!kept.has(child)) known.remove(child);
}

const classesOf = (node) => (node.getAttribute ? (node.getAttribute("class") || "").replace(/\bhtmx-\S+/g, "").trim() : "");

// The next child without an id that the wanted one may be.
function next(at, wanted, kept) {
  if (wanted.id) return null;
  for (let node = at; node; node = node.nextSibling) {
    if (!kept.has(node) && node.nodeName === wanted.nodeName && !node.id && classesOf(node) === classesOf(wanted)) return node;
  }
  return null;
}

function bring(element, fresh, known) {
  if (element.hasAttribute("data-own")) return;
  bringAttributes(element, fresh);
  if (element.matches("textarea, input")) bringField(element, fresh, known.own);
  else {
    bringChildren(element, fresh, known);
    if (element.matches("select")) bringField(element, fresh, known.own);
  }
}

function bringPage(root, fresh, own) {
  const parked = new Map();
  const wantedIds = new Set([...fresh.querySelectorAll("[id]")].map((element) => element.id));
  const known = {
    own,
    added: [],
    find(wanted) {
      if (!wanted.id) return null;
      const found = parked.get(wanted.id) || root.querySelector(`#${CSS.escape(wanted.id)}`);
      return found && found.nodeName === wanted.nodeName ? found : null;
    },
    remove(node) {
      if (node.id && wantedIds.has(node.id)) parked.set(node.id, node);
      node.remove();
    },
  };
  bring(root, fresh, known);
  return known.added;
}

// What stays where it is on the screen: the part that was acted in, or else what stands at the top.
function anchorOf(root) {
  const part = Keep.acted && Keep.acted.isConnected && Keep.acted.closest("#desk > section");
  if (part) return part;
  const shown = [...root.querySelectorAll("li.item, #desk > section")];
  return shown.find((element) => element.getBoundingClientRect().top >= 120) || shown.pop();
}

function focusAgain(focused) {
  if (!focused || focused === document.body || document.activeElement === focused) return;
  const again = focused.isConnected ? focused : focused.id && document.getElementById(focused.id);
  if (!again) return;
  // A button at the end of its way is disabled: the one beside it keeps the place.
  const able = again.disabled ? again.form && again.form.querySelector("button:not(:disabled)") : again;
  if (able) able.focus({ preventScroll: true });
}

htmx.defineExtension("keep", {
  handleSwap(style, target, fragment) {
    if (style !== "keep") return false;
    const fresh = fragment.querySelector("#desk") || fragment.firstElementChild;
    if (!fresh) return [];
    const before = Number(target.dataset.version);
    if (!fresh.dataset.conflict && Number(fresh.dataset.version) < before) return [];
    const anchor = anchorOf(target);
    const top = anchor && anchor.getBoundingClientRect().top;
    const focused = document.activeElement;
    const own = Keep.acted && Keep.acted.closest("form");
    const added = bringPage(target, fresh, own);
    if (anchor && anchor.isConnected) scrollBy(0, anchor.getBoundingClientRect().top - top);
    focusAgain(focused);
    return added;
  },
});
