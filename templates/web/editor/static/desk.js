// The desk works without this file: buttons move items and forms save. This script adds dragging,
// saving without a button, a preview that updates itself, and a notice when somebody else changes
// the issue.
"use strict";
document.documentElement.classList.add("js");

const desk = () => document.getElementById("desk");
const SIGNED_OUT = "Not saved: you are signed out. What you type is kept in this browser; reload the page to sign in.";
const toast = document.getElementById("toast");

// A line at the foot of the window. A trouble stays until a request succeeds, other lines a while.
let clearing;
function notify(text, trouble = false) {
  clearTimeout(clearing);
  toast.replaceChildren();
  toast.classList.toggle("trouble", trouble);
  if (!text) return;
  const line = document.createElement("p");
  line.textContent = text;
  toast.append(line);
  if (!trouble) clearing = setTimeout(() => notify(""), 8000);
}

// Choosing another section moves the item.
document.addEventListener("change", (event) => {
  const action = event.target.dataset && event.target.dataset.submits;
  if (!action) return;
  const button = [...event.target.form.elements].find((element) => element.value === action);
  button.click(); // htmx asks which button was clicked
});

// A change is said to those who do not see the page, and shown on the screen where it went wrong.
document.addEventListener("htmx:afterSwap", () => {
  if (!desk()) return;
  if (desk().dataset.conflict) scrollTo(0, 0);
  const said = document.getElementById("announced");
  if (said && desk().dataset.said && desk().dataset.version !== shown) said.textContent = said.textContent === desk().dataset.said ? `${desk().dataset.said}.` : desk().dataset.said;
  updatePreview();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400 || !event.detail.shouldSwap || xhr.responseText.includes('id="desk"')) return;
  event.detail.shouldSwap = false; // a page of trouble does not take the desk's place
  const trouble = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[role=alert]");
  notify(trouble ? trouble.textContent.trim() : "That did not work.", true);
});
for (const trouble of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(trouble, () => {
    notify("Not saved: the server cannot be reached. What you type is kept in this browser.", true);
  });
}
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  notify(status === 401 || status === 403
    ? SIGNED_OUT
    : "Not saved: the server could not do it. What you type is kept in this browser.", true);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful && event.detail.xhr.responseText.includes('id="desk"') && toast.classList.contains("trouble")) notify("");
});

// The preview is loaded again when the issue has changed, beside the one that is seen, which it then
// replaces; it shows the article that was opened last.
let shown = desk() && desk().dataset.version;
let article = "";
function loadPreview() {
  const frame = document.getElementById("peek");
  if (!frame) return;
  const address = new URL(frame.src, location.href);
  address.searchParams.set("v", shown);
  if (article) {
    address.searchParams.set("at", article);
    address.hash = "here";
  }
  for (const late of document.querySelectorAll(".phone .coming")) late.remove();
  const next = frame.cloneNode();
  next.removeAttribute("id");
  next.className = "coming";
  next.src = address.href;
  next.addEventListener("load", () => {
    frame.remove();
    next.id = "peek";
    next.className = "";
  }, { once: true });
  frame.after(next);
}
function updatePreview() {
  const now = desk().dataset.version;
  if (now === shown) return;
  shown = now;
  loadPreview();
}
document.addEventListener("toggle", (event) => {
  const row = event.target.matches("details.more[open]") && event.target.closest("#desk .item");
  if (!row || row.dataset.item === article) return;
  article = row.dataset.item;
  loadPreview();
}, true);

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

// Another editor's changes come in by themselves; what is being typed here stays as it is. Tabs ask
// for the version instead of holding a connection each, and only while they are seen.
const ASK = 1000;
async function askVersion() {
  const element = desk();
  if (document.hidden || !element || element.dataset.conflict || document.querySelector(".htmx-request")) return;
  let answer;
  try { answer = await fetch(`${element.dataset.url}/changes`, { headers: { Accept: "application/json" } }); } catch { return; }
  if (!answer.ok || answer.redirected) return;
  const { version, comments } = await answer.json();
  const now = desk();
  const isSame = version <= Number(now.dataset.version) && (now.dataset.comments || comments) === comments;
  if (document.querySelector(".htmx-request") || isSame || dragged) return;
  Keep.acted = null;
  await htmx.ajax("GET", now.dataset.refresh || now.dataset.url, { target: "#desk", select: "#desk", swap: "keep" });
  if (document.querySelector("#desk details.more[open]")) notify("The issue has changed in the meantime.");
}
if (desk() && desk().dataset.url && !desk().dataset.conflict) {
  setInterval(askVersion, ASK);
  document.addEventListener("visibilitychange", askVersion);
}

// Ctrl+Z outside a field takes back the last change, Ctrl+Y or Ctrl+Shift+Z does it again.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches("input, textarea, select")) return;
  const key = event.key.toLowerCase();
  const button = key === "z" && !event.shiftKey ? "undo" : key === "y" || key === "z" ? "redo" : "";
  const pressed = button && document.getElementById(button);
  if (!pressed) return;
  event.preventDefault();
  if (!pressed.disabled) pressed.click();
});

// On a narrow window the preview takes the place of the articles.
document.addEventListener("click", (event) => {
  const tab = event.target.closest && event.target.closest("button[data-view]");
  if (!tab) return;
  document.querySelector(".bench").classList.toggle("previewing", tab.dataset.view === "preview");
  for (const other of document.querySelectorAll("button[data-view]")) other.setAttribute("aria-pressed", String(other === tab));
});

// A picture that does not load is said to be broken, where its readers would see nothing.
const broken = new Set();
function flagBroken() {
  for (const picture of broken) {
    const flags = picture.isConnected && picture.closest(".line").querySelector(".flags");
    if (!flags || flags.querySelector(".broken")) continue;
    const flag = document.createElement("span");
    flag.className = "flag broken";
    flag.textContent = "Picture cannot be loaded";
    flags.append(flag);
  }
}
document.addEventListener("error", (event) => {
  if (!event.target.matches || !event.target.matches("img[data-checked]")) return;
  broken.add(event.target);
  flagBroken();
}, true);
document.addEventListener("load", (event) => { broken.delete(event.target); }, true);
document.addEventListener("htmx:afterSwap", flagBroken);

// A copy button copies the field beside it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest && event.target.closest("button[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  field.select();
  try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
  notify("Copied.");
});

// A form that changes the state is sent once, and says that it is at work.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.dataset.busy) return;
  for (const button of document.querySelectorAll("main button")) setTimeout(() => { button.disabled = true; }, 0);
  notify(form.dataset.busy, true);
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

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
  htmx.ajax("POST", desk().dataset.url, { target: "#desk", select: "#desk", swap: "keep", values });
});
document.addEventListener("dragend", () => {
  if (dragged) dragged.classList.remove("dragging");
  dragged = null;
  mark(null);
});
