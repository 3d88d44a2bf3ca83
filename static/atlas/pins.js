/* Pins: symbols that are elements of the page. Where there are more places than a reader can tell apart, most of them are dots: see crowd.js. */

const pinned = new Set(); // the entries that are pins
let dots = []; // the entries that are dots, in the order in which they are drawn
let isThick = false; // whether the view itself holds a crowd
let hovered = null;

function pinUp(entry) {
  if (pinned.has(entry)) return;
  raise(entry);
  entry.point = map.latLngToLayerPoint(entry.latLng);
  moveSymbol(entry, { x: 0, y: 0 });
  dress(entry);
  writeLabel(entry);
  hideLabel(entry);
  keepOneTabStop();
}

function raise(entry) {
  entry.layer.addLayer(markerOf(entry));
  pinned.add(entry);
}

function unpin(entry) {
  entry.layer.removeLayer(entry.marker);
  pinned.delete(entry);
}

/** Decide which places of the view are pins, and which are dots; gives those that may be pins. */
function choosePins() {
  const located = shown.filter((entry) => entry.latLng);
  const wanted = places.size > page.marks.crowd ? chooseAmong(located) : located;
  for (const entry of located) {
    entry.point = map.latLngToLayerPoint(entry.latLng);
    entry.offset = { x: 0, y: 0 };
  }
  return wanted;
}

/** Make some places pins, and no other ones. */
function keepPins(wanted) {
  const keep = new Set(wanted);
  [...pinned].filter((entry) => !keep.has(entry)).forEach(unpin);
  wanted.filter((entry) => !pinned.has(entry)).forEach(raise);
}

/** Whether a place is selected, pointed at or focused. */
function isLookedAt(entry) {
  return entry.place.id === state.place || entry === hovered || isFocused(entry);
}

function isFocused(entry) {
  return Boolean(entry.marker) && pinned.has(entry) && entry.marker.getElement() === document.activeElement;
}
