// Renews what is marked `data-live` every few seconds, by asking for the page again.
// Without it the pages work the same; they are only as old as the last load.
"use strict";

const EVERY_MS = 5000;
const told = document.querySelector("[data-told]");

function busy(part) {
  const at = document.activeElement;
  return at && at !== document.body && part.contains(at) && at.matches("input, select, textarea, button");
}

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || busy(part) || next.innerHTML === part.innerHTML) continue;
      const kept = document.activeElement?.getAttribute("href");
      const had = kept && part.contains(document.activeElement);
      part.replaceChildren(...next.childNodes);
      part.className = next.className;
      if (had) part.querySelector(`[href="${CSS.escape(kept)}"]`)?.focus();
    }
    document.body.classList.remove("stale");
    const words = fresh.querySelector("[data-told]")?.textContent ?? "";
    if (told && told.textContent !== words) told.textContent = words;
  } catch {
    document.body.classList.add("stale");
  }
}

if (document.querySelector("[data-live]")) setInterval(renew, EVERY_MS);
