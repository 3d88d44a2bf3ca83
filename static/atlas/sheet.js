/* The sheet of a narrow screen: the panel lies over the foot of the map and is drawn up by scrolling the page, to three heights where it rests. */

const peek = () => Math.min(132, 0.36 * window.innerHeight); // as --peek in the style sheet: how much of the sheet is always seen
const TOP = 56; // as --top: how much of the map the highest sheet leaves

const sheet = document.querySelector(".sheet");
const handle = document.getElementById("handle");
let scrolledBefore = 0;

/** Whether there is a sheet over the map: not where that fills the screen. */
const hasSheet = () => isNarrow() && !isEmbedded && !document.fullscreenElement && !document.body.classList.contains("filling");

/** How many pixels of the map lie under the sheet. */
function covered() {
  if (!hasSheet() || document.body.classList.contains("printing") || window.matchMedia("print").matches) return 0;
  return Math.min(Math.max(0, window.innerHeight - sheet.getBoundingClientRect().top), window.innerHeight - TOP);
}

/** From low to high, as positions of the page. */
function heights() {
  const tall = map.getContainer().offsetHeight;
  return [0, Math.max(0, Math.round(tall / 2 - peek())), Math.max(0, tall - peek() - TOP)];
}

function rise(height, animate = true) {
  window.scrollTo({ top: heights()[height], behavior: animate && !isStill() ? "smooth" : "instant" });
}

function heightNow() {
  const distances = heights().map((top) => Math.abs(top - window.scrollY));
  return window.scrollY > heights()[2] ? 2 : distances.indexOf(Math.min(...distances));
}

function showHeight() {
  // Read before anything is written: each turn from the one to the other makes the browser lay out the page.
  const height = heightNow();
  const under = Math.min(covered(), window.innerHeight * 0.6);
  handle.setAttribute("aria-label", height < 2 ? page.phrases.raise : page.phrases.lower);
  handle.setAttribute("aria-expanded", String(height > 0));
  sheet.dataset.height = height;
  // What stands at the foot of the map stays above the sheet, up to where nothing of the map is left.
  map.getContainer().parentElement.style.setProperty("--covered", `${under}px`);
}

function isSheetOpen() {
  return document.body.classList.contains("has-card");
}

/** Show a card in the sheet, and the symbol in the middle of the map above it. */
function showInSheet(box, entry, animate) {
  // A move that is still under way would carry on afterwards.
  map.stop();
  const button = element("button", "close", "×");
  button.type = "button";
  button.setAttribute("aria-label", page.phrases.close);
  button.addEventListener("click", () => select(null, { push: true }));
  box.prepend(button);
  scrolledBefore = window.scrollY;
  document.body.classList.add("has-card");
  sheet.append(box);
  rise(1, false);
  const size = map.getSize();
  const spot = map.layerPointToContainerPoint(spotOf(entry));
  map.panBy([spot.x - size.x / 2, spot.y - (size.y - covered()) / 2], { animate: animate && !isStill() });
}

function closeSheet() {
  if (!isSheetOpen()) return;
  document.body.classList.remove("has-card");
  sheet.querySelector(".popup").remove();
  window.scrollTo({ top: scrolledBefore, behavior: "instant" });
}

/** The map has got the screen, or has given it back; what is open goes with it. */
function followScreen() {
  showHeight();
  map.invalidateSize({ animate: false });
  if (isFitted) fitView();
  if (state.place) select(state.place, { animate: false });
}

/** Give the map the whole screen; where a browser gives that to no part of a page, as on a phone of Apple's, the whole window. */
function fillScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (document.fullscreenEnabled) document.querySelector("main.map").requestFullscreen();
  else {
    document.body.classList.toggle("filling");
    followScreen();
  }
}

function followSheet() {
  handle.addEventListener("click", () => rise((heightNow() + 1) % 3));
  let asked = null;
  const follow = () => {
    asked = asked || requestAnimationFrame(() => {
      asked = null;
      showHeight();
    });
  };
  window.addEventListener("scroll", follow, { passive: true });
  window.addEventListener("resize", follow);
  if (hasSheet() && window.scrollY === 0 && window.innerHeight > 400) rise(1, false);
  document.addEventListener("fullscreenchange", followScreen);
  // A card changes its place with the width of the window.
  window.matchMedia("(max-width: 760px)").addEventListener("change", () => select(state.place, { animate: false }));
}
