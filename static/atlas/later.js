/* What nobody waits for: scripts that come once the map is drawn, or earlier when they are asked for, from static/later/. Each has names of its own, and is
   handed what it uses of this one. */

const afterLayout = []; // what they do whenever the map has been laid out
let later = null; // the promise that they are there

// The page was opened by who has started the server with a list: what follows the mark is never sent to a server by a browser.
const handed = /^#list=([\w-]{43})$/.exec(location.hash);
if (handed) history.replaceState(null, "", location.pathname + location.search);

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
  window.atlas.shared ||= {
    ...{ page, map, state, isEmbedded, handed, element, announce, addScript },
    ...{ comparisons, narrow, remember, filterQuery, seenCorners, margins, isStill, isInView, overlaps, around, boxesOf, FURNITURE, afterLayout },
  };
  later ||= addScript(page.laterUrl);
  return later;
}

/** Ask for them when the browser has nothing better to do; without them the map is as good as before. */
function fetchLaterWhenIdle() {
  const whenIdle = window.requestIdleCallback || ((act) => setTimeout(act, 200));
  whenIdle(() => {
    Promise.allSettled([hasWords || fetchWords(), fetchComparisons(), fetchLater()]).then(() => {
      map.getContainer().dataset.whole = "true";
    });
  });
}

let hasWords = !page.wordsUrls; // whether every place has its name: those of a crowd come after the map

/** Do something that needs the words: at once where they are there. */
function withWords(act) {
  if (hasWords) act();
  else fetchWords().then(act, () => announce(page.phrases.notLoaded));
}

const compared = new Map(); // the address of a script -> the promise that its comparisons are there

/** Fetch a comparison: alone where each has a script of its own, as those of a crowd have, and else all of them. */
function fetchComparisons(key) {
  const address = page.comparisonsUrl || page.comparisonUrls[key];
  if (!address || Object.hasOwn(comparisons, key)) return Promise.resolve();
  if (!compared.has(address)) compared.set(address, addScript(address));
  compared.get(address).catch(() => compared.delete(address));
  return compared.get(address);
}

let wish = 0; // counts what was asked for: a comparison that comes when another one has been asked for changes nothing

/** Do something that needs a comparison, or none: at once where it is there. */
function withComparison(key, act) {
  const own = (wish += 1);
  if (!key || Object.hasOwn(comparisons, key)) act();
  else fetchComparisons(key).then(() => own === wish && act(), () => announce(page.phrases.notLoaded));
}

let fragment = null; // the promise of what is asked for when it is first wanted

/** The dialogs and the cards of the corridors, which few readers open: a part of the page that comes on demand; a frozen page has it. */
function fetchFragment() {
  fragment ||= page.fragmentUrl
    ? fetch(page.fragmentUrl)
        .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(answer.status))))
        .then((text) => document.body.append(...new DOMParser().parseFromString(text, "text/html").querySelectorAll("dialog, template")))
    : Promise.resolve();
  fragment.catch(() => (fragment = null));
  return fragment;
}

function offerDialogs() {
  for (const name of ["picture", "embed"]) {
    // Of a site without a server there is one picture, which the link leads to.
    if (page.frozen && name === "picture") continue;
    document.getElementById(name)?.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      Promise.all([fetchFragment(), fetchLater()]).then(() => window.atlas.open[name](), () => tell(page.phrases.notLoaded));
    });
  }
}
