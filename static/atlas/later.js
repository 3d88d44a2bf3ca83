/* What nobody waits for: scripts that come once the map is drawn, from static/later/. They are one script with a scope of its own, and are handed what they
   use of this one. */

const afterLayout = []; // what they do whenever the map has been laid out

function addScript(address) {
  const script = document.createElement("script");
  script.src = address;
  document.head.append(script);
}

/** Ask for them when the browser has nothing better to do; without them the map is as good as before. */
function fetchLater() {
  window.atlas.shared = { page, map, state, element, remember, afterLayout, addScript, overlaps, around, isInView };
  (window.requestIdleCallback || ((act) => setTimeout(act, 200)))(() => addScript(page.laterUrl));
}
