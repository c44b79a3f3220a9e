// What was left out is searched and sorted here; both stay as they are while the page changes.
"use strict";

const ORDERS = {
  newest: (one, other) => other.dataset.time - one.dataset.time,
  oldest: (one, other) => one.dataset.time - other.dataset.time,
  source: (one, other) => one.dataset.source.localeCompare(other.dataset.source) || other.dataset.time - one.dataset.time,
  title: (one, other) => one.dataset.title.localeCompare(other.dataset.title),
};

function arrangeShelf() {
  const find = document.getElementById("shelf-find");
  if (!find) return;
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const list of document.querySelectorAll("#left-out .tray")) {
    const rows = [...list.children];
    const order = rows.toSorted(ORDERS[document.getElementById("shelf-sort").value]);
    if (order.some((row, place) => row !== rows[place])) list.append(...order);
    let here = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => row.dataset.words.includes(word));
      if (!row.hidden) here += 1;
    }
    shown += here;
    const fold = list.closest("details");
    fold.hidden = words.length > 0 && here === 0;
    if (words.length && here) fold.open = true;
  }
  document.getElementById("shelf-none").hidden = !words.length || shown > 0;
}
document.addEventListener("input", (event) => { if (event.target.closest(".finder")) arrangeShelf(); });
document.addEventListener("htmx:afterSwap", arrangeShelf);
arrangeShelf();
