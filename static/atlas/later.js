/* What nobody waits for: scripts that come once the map is drawn, or earlier when they are asked for, from static/later/. Each has names of its own, and is
   handed what it uses of this one. */

const afterLayout = []; // what they do whenever the map has been laid out
let later = null; // the promise that they are there

function addScript(address) {
  return new Promise((resolve, reject) => {
    const script = element("script");
    script.src = address;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

function fetchLater() {
  window.atlas.shared ||= { page, map, state, element, remember, filterQuery, seenCorners, afterLayout, addScript, overlaps, around, isInView };
  later ||= addScript(page.laterUrl);
  return later;
}

/** Ask for them when the browser has nothing better to do; without them the map is as good as before. */
function fetchLaterWhenIdle() {
  const whenIdle = window.requestIdleCallback || ((act) => setTimeout(act, 200));
  whenIdle(() => {
    Promise.allSettled([fetchComparisons(), fetchLater()]).then(() => {
      map.getContainer().dataset.whole = "true";
    });
  });
}

let compared = null; // the promise that the comparisons are there

function fetchComparisons() {
  compared ||= addScript(page.comparisonsUrl);
  return compared;
}

/** Do something that needs a comparison, or none: at once where it is there. */
function withComparison(key, act) {
  if (!key || Object.hasOwn(comparisons, key)) act();
  else fetchComparisons().then(act, () => announce(page.phrases.notLoaded));
}

/** Open a dialog where the browser has any; else, or with another key held down, the button does what it does without a script. */
function offerDialogs() {
  for (const name of ["picture", "embed"]) {
    const button = document.getElementById(name);
    if (!button || !document.getElementById(`${name}-dialog`)?.showModal) continue;
    button.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      fetchLater().then(() => window.atlas.open[name](), () => announce(page.phrases.notLoaded));
    });
  }
}
