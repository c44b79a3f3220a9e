// The desk works without this file: buttons move items and forms save. This script adds dragging,
// saving without a button, a preview that updates itself, and a notice when somebody else changes
// the issue.
"use strict";
document.documentElement.classList.add("js");

const desk = () => document.getElementById("desk");
const toast = document.getElementById("toast");

function notify(text, label, action) {
  toast.replaceChildren();
  if (!text) return;
  const line = document.createElement("p");
  line.textContent = text;
  if (label) {
    const button = document.createElement("button");
    button.textContent = label;
    button.addEventListener("click", () => { notify(""); action(); });
    line.append(button);
  }
  toast.append(line);
}

// Choosing another section moves the item.
document.addEventListener("change", (event) => {
  const action = event.target.dataset && event.target.dataset.submits;
  if (!action) return;
  const button = [...event.target.form.elements].find((element) => element.value === action);
  event.target.form.requestSubmit(button);
});

// Details that were open stay open after the page's content is replaced.
let opened = [];
document.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("#desk details[open]")].map((element) => element.id);
});
document.addEventListener("htmx:afterSwap", () => {
  if (!desk()) return;
  for (const id of opened) {
    const element = document.getElementById(id);
    if (element && element.matches("#desk details")) element.open = true;
  }
  notify("");
  if (desk().dataset.conflict) scrollTo(0, 0);
  updatePreview();
});
document.addEventListener("htmx:sendError", () => {
  notify("Not saved: the server cannot be reached.");
});
document.addEventListener("htmx:responseError", (event) => {
  notify(`Not saved: the server answered ${event.detail.xhr.status}.`);
});

// The preview is loaded again when the issue has changed.
let shown = desk() && desk().dataset.version;
function updatePreview() {
  const frame = document.getElementById("peek");
  const now = desk().dataset.version;
  if (!frame || now === shown) return;
  shown = now;
  const address = new URL(frame.src, location.href);
  address.searchParams.set("v", now);
  frame.src = address.href;
}

// A message wider than the screen is scaled down to fit.
function fit() {
  const frame = document.getElementById("frame");
  const sheet = frame && frame.closest(".sheet");
  if (!sheet || sheet.classList.contains("slim")) return;
  const style = getComputedStyle(sheet);
  const available = sheet.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const scale = Math.min(1, available / frame.width);
  const height = Math.min(2, 1 / scale) * 900;
  frame.height = Math.round(height);
  frame.style.transformOrigin = "0 0";
  frame.style.transform = scale < 1 ? `scale(${scale})` : "";
  frame.style.marginRight = scale < 1 ? `${(scale - 1) * frame.width}px` : "";
  frame.style.marginBottom = scale < 1 ? `${(scale - 1) * height}px` : "";
}
addEventListener("resize", fit);
document.addEventListener("htmx:afterSwap", fit);
fit();

// Show another editor's changes: at once, or on request while this editor is typing.
if (desk() && desk().dataset.url && !desk().dataset.conflict && window.EventSource) {
  const changes = new EventSource(`${desk().dataset.url}/changes`);
  changes.addEventListener("version", (event) => {
    const element = desk();
    if (!element || element.dataset.conflict || event.data === element.dataset.version) return;
    if (Number(event.data) < Number(element.dataset.version)) return;
    if (document.querySelector(".htmx-request")) return;
    const refresh = () => htmx.ajax("GET", element.dataset.refresh || element.dataset.url, { target: "#desk", select: "#desk", swap: "outerHTML" });
    const typing = document.activeElement && document.activeElement.matches("#desk input, #desk textarea, #desk select");
    if (typing || document.querySelector("#desk details.more[open]")) notify("The issue has changed in the meantime.", "Show it", refresh);
    else refresh();
  });
  addEventListener("pagehide", () => changes.close());
}

// Items are dragged by the grip only, so that text can still be selected.
let dragged = null;
const mark = (element, name) => {
  for (const other of document.querySelectorAll(".over, .over-end")) other.classList.remove("over", "over-end");
  if (element) element.classList.add(name);
};
document.addEventListener("dragstart", (event) => {
  if (!event.target.matches || !event.target.matches(".grip")) return;
  dragged = event.target.closest(".item");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.item);
  event.dataTransfer.setDragImage(dragged, 16, 16);
  dragged.classList.add("dragging");
});
function dropTarget(event) {
  const list = event.target.closest && event.target.closest(".section");
  if (!dragged || !list) return null;
  const items = list.querySelector(".items");
  if (!items) return null;
  if (items.classList.contains("leadplace")) return { lead: true, list: items };
  const before = [...items.children].find((item) => {
    const box = item.getBoundingClientRect();
    return item !== dragged && event.clientY < box.top + box.height / 2;
  });
  return { list: items, before };
}
document.addEventListener("dragover", (event) => {
  const target = dropTarget(event);
  if (!target) return;
  event.preventDefault();
  if (target.before) mark(target.before, "over");
  else mark(target.list, "over-end");
});
document.addEventListener("drop", (event) => {
  const target = dropTarget(event);
  if (!target) return;
  event.preventDefault();
  const form = dragged.querySelector(".tools");
  const values = {
    csrf: form.elements.csrf.value,
    seen: form.elements.seen.value,
    item: dragged.dataset.item,
    action: target.lead ? "lead" : "move",
  };
  if (!target.lead) {
    values.section = target.list.dataset.section;
    values.before = target.before ? target.before.dataset.item : "";
  }
  htmx.ajax("POST", desk().dataset.url, { target: "#desk", select: "#desk", swap: "outerHTML", values });
});
document.addEventListener("dragend", () => {
  if (dragged) dragged.classList.remove("dragging");
  dragged = null;
  mark(null);
});

// Show the progress of a running send; reload the page when the send has ended.
const live = desk() && desk().dataset.progress;
if (live && window.EventSource) {
  const numbers = new EventSource(live);
  const put = (id, value) => { const element = document.getElementById(id); if (element) element.textContent = value; };
  const durationText = (seconds) => seconds === null ? "–" : seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
  let announced = 0;
  numbers.addEventListener("progress", (event) => {
    const now = JSON.parse(event.data);
    for (const state of ["accepted", "deferred", "rejected", "unknown"]) put(`n-${state}`, now.counts[state].toLocaleString("en"));
    put("n-rate", now.rate.toLocaleString("en"));
    put("n-left", durationText(now.left));
    const whole = document.getElementById("whole");
    let x = 0;
    whole.replaceChildren(...[["accepted", ["accepted"]], ["rejected", ["rejected"]], ["given-up", ["suppressed", "expired"]], ["unknown", ["unknown"]]].map(([group, states]) => {
      const width = 100 * states.reduce((sum, state) => sum + now.counts[state], 0) / Math.max(now.audience, 1);
      const piece = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      for (const [name, value] of Object.entries({ class: `g-${group}`, x, width, height: 3 })) piece.setAttribute(name, value);
      x += width;
      return piece;
    }));
    const tenth = Math.floor(10 * now.settled / Math.max(now.audience, 1));
    if (tenth !== announced) { announced = tenth; put("said", `${now.settled} of ${now.audience} messages settled`); }
  });
  numbers.addEventListener("end", () => { numbers.close(); location.reload(); });
  addEventListener("pagehide", () => numbers.close());
}
