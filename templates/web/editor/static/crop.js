// The frame on the original: dragged, or moved by keys. The sliders hold what is sent, so that the page
// works without this file too. The arithmetic is that of the server.
"use strict";

const cropForm = document.getElementById("crop");
if (cropForm) {
  const view = document.getElementById("crop-view");
  const width = Number(cropForm.dataset.width);
  const height = Number(cropForm.dataset.height);
  const { size, across, down } = cropForm.elements;
  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  const largest = () => {
    const shape = cropForm.querySelector("input[name=shape]:checked");
    const ratio = Number(shape.dataset.across) / Number(shape.dataset.down);
    return width > height * ratio ? [height * ratio, height] : [width, width / ratio];
  };
  const boxNow = () => {
    const [w, h] = largest().map((side) => (side * Number(size.value)) / 100);
    return { w, h, left: ((width - w) * Number(across.value)) / 100, top: ((height - h) * Number(down.value)) / 100 };
  };

  function draw() {
    const { left, top, w, h } = boxNow();
    const set = (id, values) => {
      for (const [name, value] of Object.entries(values)) document.getElementById(id).setAttribute(name, value);
    };
    set("crop-box", { x: left, y: top, width: w, height: h });
    set("crop-shade", { d: `M0 0H${width}V${height}H0Z M${left} ${top}h${w}v${h}h${-w}Z` });
    set("crop-grip", { cx: left + w, cy: top + h });
    for (const field of [size, across, down]) field.parentElement.querySelector("output").textContent = `${Math.round(field.value)} %`;
  }

  function moveTo(left, top) {
    const { w, h } = boxNow();
    if (width - w > 0.5) across.value = clamp((left / (width - w)) * 100, 0, 100);
    if (height - h > 0.5) down.value = clamp((top / (height - h)) * 100, 0, 100);
    draw();
  }

  // The part keeps its upper left corner as far as it can.
  function sizeTo(share, left, top) {
    size.value = clamp(share, Number(size.min), 100);
    moveTo(left, top);
  }

  // The middle of the part stays as far as it can.
  function sizeAround(share) {
    const before = boxNow();
    size.value = clamp(share, Number(size.min), 100);
    const { w, h } = boxNow();
    moveTo(before.left + (before.w - w) / 2, before.top + (before.h - h) / 2);
  }

  view.tabIndex = 0;
  cropForm.addEventListener("input", draw);
  cropForm.addEventListener("change", draw);

  let held = null; // where the frame was taken, or its corner
  const at = (event) => {
    const shown = view.querySelector("svg").getBoundingClientRect();
    return [((event.clientX - shown.left) / shown.width) * width, ((event.clientY - shown.top) / shown.height) * height];
  };
  view.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const [x, y] = at(event);
    const { left, top, w, h } = boxNow();
    const scale = width / view.querySelector("svg").getBoundingClientRect().width;
    const isCorner = Math.hypot(x - left - w, y - top - h) < 24 * scale;
    const isInside = x >= left && x <= left + w && y >= top && y <= top + h;
    if (!isCorner && !isInside) moveTo(x - w / 2, y - h / 2);
    const now = boxNow();
    held = { isCorner, x: x - now.left, y: y - now.top, left: now.left, top: now.top };
    view.setPointerCapture(event.pointerId);
    view.focus({ preventScroll: true });
    event.preventDefault();
  });
  view.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = at(event);
    if (!held.isCorner) { moveTo(x - held.x, y - held.y); return; }
    const [w, h] = largest();
    const most = Math.min((width - held.left) / w, (height - held.top) / h) * 100;
    const wanted = Math.max((x - held.left) / w, (y - held.top) / h) * 100;
    sizeTo(Math.min(wanted, most), held.left, held.top);
  });
  for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => { held = null; });

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const SIZES = { "+": 2, "=": 2, "-": -2, "−": -2 };
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { left, top } = boxNow();
    const step = (event.shiftKey ? 0.1 : 0.01) * Math.max(width, height);
    if (MOVES[event.key]) moveTo(left + MOVES[event.key][0] * step, top + MOVES[event.key][1] * step);
    else if (SIZES[event.key]) sizeAround(Number(size.value) + SIZES[event.key]);
    else return;
    event.preventDefault();
  });
  draw();
}
