/* Where there are more places than a reader can tell apart, symbols are dots on a canvas; the few that are near, focused or selected stay pins. */

const MARGIN = 0.2; // how far beyond the view dots are drawn, as a share of it

const pinned = new Set(); // the entries that are pins
let dots = []; // the entries that are dots
let isThick = false; // whether the view itself holds a crowd
let hovered = null;

const canvas = element("canvas", "dots");
let sheetOfDots = null;

function pinUp(entry) {
  if (pinned.has(entry)) return;
  entry.layer.addLayer(markerOf(entry));
  pinned.add(entry);
  entry.point = map.latLngToLayerPoint(entry.latLng);
  moveSymbol(entry, { x: 0, y: 0 });
  dress(entry);
  writeLabel(entry);
  hideLabel(entry);
  keepOneTabStop();
}

function unpin(entry) {
  entry.layer.removeLayer(entry.marker);
  pinned.delete(entry);
}

/** Decide which places of the view are pins, and which are dots; gives those that may be pins. */
function choosePins() {
  const located = shown.filter((entry) => entry.latLng);
  const isCrowded = located.length > page.marks.crowd;
  let wanted = located;
  isThick = false;
  if (isCrowded) {
    const view = map.getBounds().pad(MARGIN);
    const near = located.filter((entry) => view.contains(entry.latLng));
    isThick = near.length > page.marks.crowd;
    wanted = isThick ? located.filter(isLookedAt) : near;
    if (!wanted.length && near.length) wanted = [nearestTo(map.getCenter(), near)];
  }
  dots = isThick ? located : [];
  for (const entry of located) {
    entry.point = map.latLngToLayerPoint(entry.latLng);
    entry.offset = { x: 0, y: 0 };
  }
  const crowded = document.getElementById("crowded");
  crowded.hidden = !isThick;
  crowded.textContent = page.phrases.crowded.replace("{count}", located.length);
  return wanted;
}

/** Make some places pins, and no other ones. */
function keepPins(wanted) {
  const keep = new Set(wanted);
  [...pinned].filter((entry) => !keep.has(entry)).forEach(unpin);
  for (const entry of wanted) {
    if (!pinned.has(entry)) {
      entry.layer.addLayer(markerOf(entry));
      pinned.add(entry);
    }
  }
}

/** Whether a place is selected, pointed at or focused. */
function isLookedAt(entry) {
  return entry.place.id === state.place || entry === hovered || isFocused(entry);
}

function isFocused(entry) {
  return Boolean(entry.marker) && pinned.has(entry) && entry.marker.getElement() === document.activeElement;
}

function nearestTo(centre, entries) {
  const distance = ({ latLng }) => Math.hypot(latLng.lat - centre.lat, latLng.lng - centre.lng);
  return entries.reduce((best, entry) => (distance(entry) < distance(best) ? entry : best));
}

/** Draw the dots of the view: each look is drawn once and stamped, so that ten thousand take a few milliseconds. */
function drawDots() {
  // More than dots can show are counted, once the script for it is there.
  if (window.atlas.drawDense?.(dots) || !dots.length) {
    if (sheetOfDots) sheetOfDots.remove();
    return;
  }
  const size = map.getSize();
  const margin = L.point(size.x * MARGIN, size.y * MARGIN).round();
  const origin = map.containerPointToLayerPoint(margin.multiplyBy(-1));
  const [width, height] = [size.x + 2 * margin.x, size.y + 2 * margin.y];
  const density = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = width * density;
  canvas.height = height * density;
  const bounds = L.latLngBounds(map.layerPointToLatLng(origin), map.layerPointToLatLng(origin.add([width, height])));
  if (sheetOfDots) sheetOfDots.setBounds(bounds);
  else sheetOfDots = L.svgOverlay(canvas, bounds, { pane: "dots" });
  if (!map.hasLayer(sheetOfDots)) sheetOfDots.addTo(map);
  const pen = canvas.getContext("2d");
  const stamps = new Map();
  for (const entry of dots) {
    const [x, y] = [entry.point.x - origin.x, entry.point.y - origin.y];
    const look = lookOf(entry.place);
    const radius = dotRadius(entry);
    if (x < -radius || y < -radius || x > width + radius || y > height + radius) continue;
    const own = `var(--${hueOf(entry.place)})`;
    const colour = look.growth ? growthColour(look.growth) : own;
    const edge = look.isEdged ? own : "var(--card)";
    const key = `${colour} ${edge} ${look.form} ${radius} ${look.core}`;
    if (!stamps.has(key)) stamps.set(key, stampOf(colour, edge, look, radius, density));
    const stamp = stamps.get(key);
    pen.drawImage(stamp, Math.round(x * density - stamp.width / 2), Math.round(y * density - stamp.height / 2));
  }
}

function dotRadius({ place }) {
  const { radius } = lookOf(place);
  return state.indicator ? radius : Math.min(radius, page.marks.dot);
}

/** A dot on a canvas of its own, in device pixels. */
function stampOf(colour, edge, { form, isHollow, opacity, core }, radius, density) {
  const stamp = element("canvas");
  const half = Math.ceil((radius + 1) * density);
  stamp.width = stamp.height = 2 * half;
  const pen = stamp.getContext("2d");
  pen.scale(density, density);
  pen.arc(half / density, half / density, radius, 0, 2 * Math.PI);
  const { stroke, opacity: whole } = page.marks.forms[form];
  const [hue, card] = [colourOf(colour), colourOf("var(--card)")];
  pen.globalAlpha = opacity;
  pen.fillStyle = isHollow ? card : hue;
  pen.strokeStyle = isHollow ? hue : colourOf(edge);
  pen.lineWidth = stroke;
  pen.fill();
  pen.stroke();
  if (core) {
    pen.globalAlpha = whole;
    pen.beginPath();
    pen.arc(half / density, half / density, core, 0, 2 * Math.PI);
    pen.fill();
  }
  return stamp;
}

const colours = new Map(); // a colour of the style sheet -> what it is in the present theme

/** A colour made of tokens of the style sheet as one that a canvas knows. */
function colourOf(colour) {
  if (!colours.has(colour)) {
    canvas.style.color = colour;
    colours.set(colour, getComputedStyle(canvas).color);
  }
  return colours.get(colour);
}

function dotAt(point) {
  let nearest = null;
  for (const entry of dots) {
    const distance = Math.hypot(entry.point.x - point.x, entry.point.y - point.y);
    const reach = Math.max(12, radiusOf(entry.place));
    if (distance < reach && (!nearest || distance < nearest.distance)) nearest = { distance, entry };
  }
  return nearest && nearest.entry;
}

/** The dot under the pointer becomes a pin, with its name; a pin is focused and clicked like any other. */
function followPointer() {
  let asked = null;
  map.on("mousemove", ({ layerPoint, originalEvent }) => {
    if (!dots.length || asked || originalEvent.target.closest(".pin, .guests, .leaflet-popup")) return;
    asked = requestAnimationFrame(() => {
      asked = null;
      hover(dotAt(layerPoint));
    });
  });
  map.on("click", ({ originalEvent }) => choose(originalEvent));
}

function hover(entry) {
  if (entry === hovered) return;
  const before = hovered;
  hovered = entry;
  if (entry) pinUp(entry);
  if (before && pinned.has(before) && before.place.id !== state.place && !isFocused(before) && pinned.size > 1) unpin(before);
  keepOneTabStop();
}

/** A canvas does not know of tokens: it is drawn again when they change. */
function followTheme() {
  const redraw = () => {
    colours.clear();
    drawDots();
  };
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
