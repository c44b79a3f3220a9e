// The report of a running send follows it: when the counts have changed, the whole report is brought
// up to date, so that its tiles, bars and curve say the same.
"use strict";

let asked = "", refreshedIn = 0, refreshedAt = 0, before = null, rate = 0, announced = 0;
const durationText = (seconds) => seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;

function showRate(now) {
  const time = performance.now();
  if (before && time > before.time) {
    const latest = 1000 * (now.settled - before.settled) / (time - before.time);
    rate = rate ? 0.7 * rate + 0.3 * latest : latest;
  }
  before = { time, settled: now.settled };
  const put = (id, text) => { const element = document.getElementById(id); if (element) element.textContent = text; };
  put("n-rate", rate.toLocaleString("en", { maximumFractionDigits: 1 }));
  put("n-left", rate > 0.05 ? durationText((now.audience - now.settled) / rate) : "–");
  const tenth = Math.floor(10 * now.settled / Math.max(now.audience, 1));
  if (tenth !== announced) put("announced", `${now.settled} of ${now.audience} messages are done`);
  announced = tenth;
}

async function followSend() {
  const element = desk();
  const live = element && element.dataset.progress;
  if (!live || document.hidden) return;
  let text;
  try {
    const answer = await fetch(live);
    if (!answer.ok || answer.redirected) return;
    text = await answer.text();
  } catch { return; }
  const now = JSON.parse(text);
  showRate(now);
  const rested = performance.now() - refreshedAt;
  // A report that takes long to make is asked for less often; a relay's trouble changes no count.
  if (rested < 5 * refreshedIn || (text === asked && rested < 3000)) return;
  asked = text;
  const started = performance.now();
  Keep.acted = null;
  await htmx.ajax("GET", location.pathname, { target: "#desk", select: "#desk", swap: "keep" });
  refreshedAt = performance.now();
  refreshedIn = refreshedAt - started;
}
if (desk() && desk().dataset.progress) setInterval(followSend, 1000);
