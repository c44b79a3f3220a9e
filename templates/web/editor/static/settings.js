// The look that is chosen is shown at once, without leaving the page.
const frame = document.getElementById("look-frame");
document.addEventListener("change", (event) => {
  if (frame && event.target.name === "look") frame.src = frame.dataset.frame + encodeURIComponent(event.target.value);
});
