// Articles by keyboard, and several at once. Each key presses what a mouse would press, in turn, and
// none is taken while somebody types.
"use strict";

const KEYS_OFF = "desk keys off";
const lines = () => [...document.querySelectorAll("#desk .item > .more > summary")].filter((line) => line.checkVisibility());
const rowOf = (element) => (element && element.closest ? element.closest("#desk .item") : null);
const lineOf = (row) => row.querySelector(":scope > .more > summary");
const boxes = (form) => [...document.querySelectorAll(`.pick[form="${form}"]`)];
const picked = (form) => boxes(form).filter((box) => box.checked);

// What is asked for by keys is done one after another: a second press does not overtake the first.
let turn = Promise.resolve();
let followed = null; // the row that stays on the screen
function send(values) {
  turn = turn.then(() => {
    const { csrf, seen } = document.getElementById("steps").elements;
    followed = values.item || null;
    return htmx.ajax("POST", desk().dataset.url, {
      target: "#desk", select: "#desk", swap: "keep", values: { csrf: csrf.value, seen: seen.value, ...values },
    });
  }).catch(() => { /* it is said by desk.js */ });
}

document.addEventListener("htmx:afterSwap", () => {
  const row = followed && document.getElementById(`item-${followed}`);
  followed = null;
  if (row) lineOf(row).scrollIntoView({ block: "nearest" });
  for (const form of ["bulk", "bulk-add"]) showChosen(form);
});

// One row, or all that are selected.
function act(row, action) {
  const chosen = picked("bulk");
  const own = (one) => (one.querySelector(`.tools button[value=${action}]`) ? action : { pin: "unpin", hide: "show" }[action]);
  if (chosen.length) {
    const all = new Set(chosen.map((box) => own(rowOf(box))));
    send({ action: `${all.size > 1 ? action : [...all][0]}-chosen`, items: chosen.map((box) => box.value).join("\n") });
  } else if (row) {
    send({ action: own(row), item: row.dataset.item });
  }
}

function step(row, by) {
  const all = lines();
  const shown = all.findIndex((line) => line.getBoundingClientRect().top > 120);
  const to = row ? all.indexOf(lineOf(row)) + by : Math.max(shown, 0);
  if (all[to]) all[to].focus();
}

function moveBy(row, action) {
  if (row && !row.classList.contains("lead")) send({ action, item: row.dataset.item });
}

let moved = null; // the row that the dialog moves
function openMove(row) {
  if (!row && !picked("bulk").length) return;
  moved = row;
  document.getElementById("move-to").showModal();
}

function edit(row) {
  if (!row) return;
  row.querySelector(".more").open = true;
  row.scrollIntoView({ block: "nearest" });
  row.querySelector("input[name=title]").focus();
}

function searchShelf() {
  const find = document.getElementById("shelf-find");
  if (!find) return;
  find.focus();
  find.scrollIntoView({ block: "center" });
}

function choose(row) {
  if (row) row.querySelector(".pick").click();
}

const SINGLE = {
  j: (row) => step(row, 1),
  k: (row) => step(row, -1),
  e: edit,
  m: openMove,
  l: (row) => { if (row && !row.classList.contains("lead")) send({ action: "lead", item: row.dataset.item }); },
  p: (row) => act(row, "pin"),
  x: (row) => act(row, "hide"),
  s: choose,
  u: () => { const undo = document.getElementById("undo"); if (!undo.disabled) send({ action: "undo" }); },
  "/": searchShelf,
  "?": () => document.getElementById("keys").showModal(),
};
const ON_A_LINE = {
  ArrowDown: (row, shift) => (shift ? moveBy(row, "down") : step(row, 1)),
  ArrowUp: (row, shift) => (shift ? moveBy(row, "up") : step(row, -1)),
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (!document.getElementById("steps") || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const row = rowOf(target);
  if (key === "Escape") { close(row, target); return; }
  if (target.matches("input:not([type=checkbox]), textarea, select")) return;
  const does = (row && target.matches("summary, .pick") && ON_A_LINE[key]) || (!localStorage.getItem(KEYS_OFF) && SINGLE[key.toLowerCase()]);
  if (!does) return;
  event.preventDefault();
  does(row, event.shiftKey);
});

function close(row, target) {
  const more = row && row.querySelector(".more");
  if (more && more.open) {
    lineOf(row).focus(); // leaving the field saves it
    more.open = false;
  } else if (!target.matches("input:not([type=checkbox]), textarea")) {
    for (const form of ["bulk", "bulk-add"]) unpick(form);
  }
}

// Boxes: a click with Shift selects all up to the one clicked before.
let last = null;
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!box.matches || !box.matches(".pick")) return;
  const form = box.getAttribute("form");
  const all = boxes(form).filter((one) => one.checkVisibility());
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
  if (event.shiftKey && from >= 0) for (const one of all.slice(from, to + 1)) one.checked = box.checked;
  last = box;
  showChosen(form, true);
});

function showChosen(form, aloud = false) {
  const place = document.querySelector(`#${form} .chosen`);
  if (!place) return;
  place.textContent = `${picked(form).length} selected`;
  if (aloud) document.getElementById("announced").textContent = place.textContent;
}

function unpick(form) {
  for (const box of picked(form)) box.checked = false;
  showChosen(form);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest && event.target.closest("button[data-unpicks], button[data-opens], #move-to button[data-section]");
  if (!button) return;
  if (button.dataset.unpicks) unpick(button.dataset.unpicks);
  else if (button.dataset.opens) document.getElementById(button.dataset.opens).showModal();
  else {
    document.getElementById("move-to").close();
    const chosen = picked("bulk").map((box) => box.value);
    const { section } = button.dataset;
    if (chosen.length) send({ action: "move-chosen", items: chosen.join("\n"), section });
    else if (moved) send({ action: "move", item: moved.dataset.item, section });
  }
});

// Single keys can be switched off, for those whose words are typed by speech.
const keysOn = document.getElementById("keys-on");
if (keysOn) {
  keysOn.checked = !localStorage.getItem(KEYS_OFF);
  keysOn.addEventListener("change", () => {
    if (keysOn.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "yes");
  });
}
