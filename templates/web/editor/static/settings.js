// The look that is chosen is shown at once, without leaving the page.
const frame = document.getElementById("look-frame");
const lookFields = ["look", "font", "density"];
document.addEventListener("change", (event) => {
  if (!frame || !lookFields.includes(event.target.name)) return;
  const chosen = new FormData(event.target.form);
  frame.src = `${frame.dataset.frame}?${new URLSearchParams(lookFields.map((name) => [name, chosen.get(name) ?? ""]))}`;
});
