// Enhances links and forms; the pages work without it.
"use strict";

// Replace the list in place to preserve the scroll position.
async function swap(address, isNew) {
  const results = document.getElementById("results");
  results.classList.add("swapping");
  let answer;
  try {
    answer = await fetch(address, { headers: { Accept: "text/html" } });
  } catch {
    location.assign(address);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("results");
  if (!answer.ok || !fresh) {
    location.assign(address);
    return;
  }
  const choice = document.activeElement?.dataset.choice;
  results.replaceWith(fresh);
  document.title = page.title;
  if (isNew) history.pushState({ swapped: true }, "", address);
  const same = [...fresh.querySelectorAll("a[data-choice]")].find((each) => each.dataset.choice === choice);
  (same || document.getElementById("main")).focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  swap(link.href, true).then(() => {
    if (link.rel.includes("next")) scrollTo(0, 0);
  });
});

addEventListener("popstate", () => {
  if (document.getElementById("results")) swap(location.href, false);
});

// Focus the search box when / is pressed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, textarea, select")) return;
  event.preventDefault();
  document.getElementById("find")?.focus();
});

// Refresh the decision when the amount or the policy changes, and put both in the URL.
const form = document.querySelector("form[data-live]");
let turn = 0;
async function decide() {
  const query = new URLSearchParams(new FormData(form));
  const mine = ++turn;
  const answer = await fetch(`${form.dataset.live}?${query}`).catch(() => null);
  if (!answer || !answer.ok || mine !== turn) return;
  document.getElementById("verdict").innerHTML = await answer.text();
  history.replaceState(history.state, "", `${location.pathname}?${query}`);
}
let waiting;
form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(decide, 250);
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  decide();
});
