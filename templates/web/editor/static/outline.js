// The parts of the page: folds are remembered by this browser, a jump unfolds its part, and the
// outline marks the part that is on the screen.
"use strict";

const foldsKey = () => `folds ${desk().dataset.newsletter}`;
const foldsNow = () => { try { return JSON.parse(localStorage.getItem(foldsKey())) || {}; } catch { return {}; } };

document.addEventListener("click", (event) => {
  const summary = event.target.closest && event.target.closest("details[data-fold] > summary");
  if (!summary) return;
  const { fold } = summary.parentElement.dataset;
  try { localStorage.setItem(foldsKey(), JSON.stringify({ ...foldsNow(), [fold]: !summary.parentElement.open })); } catch { /* it is not remembered */ }
});
if (desk() && desk().dataset.newsletter) {
  const folds = foldsNow();
  for (const details of document.querySelectorAll("details[data-fold]")) {
    if (details.dataset.fold in folds) details.open = folds[details.dataset.fold];
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest(".jump a");
  const part = link && document.querySelector(link.getAttribute("href"));
  const fold = part && part.querySelector("details.fold");
  if (fold) fold.open = true;
});

function markPart() {
  const links = [...document.querySelectorAll(".jump a")];
  const bar = document.getElementById("deskbar");
  if (!links.length) return;
  const edge = bar.getBoundingClientRect().bottom + 48;
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
  const reached = links.filter((link) => document.querySelector(link.getAttribute("href")).getBoundingClientRect().top <= edge);
  const here = atEnd ? links.at(-1) : reached.at(-1);
  for (const link of links) {
    if (link !== here) link.removeAttribute("aria-current");
    else if (!link.hasAttribute("aria-current")) {
      link.setAttribute("aria-current", "true");
      link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.clientWidth / 2;
    }
  }
}
let marking = false;
addEventListener("scroll", () => {
  if (marking) return;
  marking = true;
  requestAnimationFrame(() => { marking = false; markPart(); });
}, { passive: true });
document.addEventListener("htmx:afterSwap", markPart);
markPart();
