"use strict";
// Offers the device's own time zone. It is chosen when the reader presses the button, and saved with the
// rest of the form; nothing is sent before.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const choice = document.getElementById("time_zone");
const offer = document.getElementById("own-zone");
const found = [...choice.options].find((one) => one.value && (one.value === zone || one.dataset.old === zone));

if (found && !found.selected) {
  offer.textContent = offer.dataset.offer.replace("{}", found.text.trim());
  offer.hidden = false;
  offer.addEventListener("click", () => {
    choice.value = found.value;
    offer.hidden = true;
    choice.focus();
  });
}
