/* Symbols, drawn as the server says: geo/draw/marks.py decides how each place looks, alone and in each comparison. */

const BOX = 24; // side of a symbol's box in pixels: the least size that is easy to hit

function addPlaces(layer, list) {
  for (const place of list) {
    places.set(place.id, { place, layer, latLng: place.lon === null ? null : L.latLng(place.lat, place.lon), marker: null, offset: { x: 0, y: 0 } });
  }
}

function addComparisons(given) {
  Object.assign(comparisons, given);
}

/** How a place is drawn: {shape, radius, extent, form, isHollow, growth}. */
function lookOf(place) {
  const own = page.marks.symbols[place.symbol];
  const comparison = comparisons[state.indicator];
  if (!comparison) return own.plain;
  const measure = comparison.measures[place.id];
  return measure ? measure.look : own.without;
}

/** How far any part of a symbol is from its middle. */
function extentOf(look) {
  return look.extent || look.radius;
}

function radiusOf(place) {
  return lookOf(place).radius;
}

/** The hue of a place, a token of the style sheet: that of its corridor, or grey. */
function hueOf(place) {
  return lookOf(place).form === "without" ? "corridor-none" : `corridor-${place.corridor}`;
}

/** The colour of a growth, between its hue and the ground. */
function growthColour({ hue, share }) {
  return `color-mix(in srgb, var(--${hue}) ${share}%, var(--card))`;
}

// --- pins: symbols that are elements of the page ---

function drawSymbol(place) {
  const svg = svgElement("svg", { width: BOX, height: BOX, "aria-hidden": "true" });
  const isDiamond = page.marks.symbols[place.symbol].plain.shape === "diamond";
  const shape = isDiamond ? svgElement("rect", { transform: `rotate(45 ${BOX / 2} ${BOX / 2})` }) : svgElement("circle", { cx: BOX / 2, cy: BOX / 2 });
  shape.setAttribute("class", "shape");
  svg.append(svgElement("circle", { class: "hit", cx: BOX / 2, cy: BOX / 2, r: BOX / 2 }), svgElement("line", { class: "leader off" }), shape);
  const box = element("div", "");
  const label = element("bdi", "pin-label off");
  label.setAttribute("aria-hidden", "true");
  box.append(svg, label);
  return box;
}

/** The marker of a place, made when it is first needed: most of ten thousand never are. */
function markerOf(entry) {
  if (entry.marker) return entry.marker;
  const { place, latLng } = entry;
  const className = `pin corridor-${place.corridor} ${place.symbol}${page.marks.symbols[place.symbol].plain.isHollow ? " hollow" : ""}`;
  entry.marker = L.marker(latLng, { icon: L.divIcon({ html: drawSymbol(place), className, iconSize: [BOX, BOX] }), riseOnHover: true, autoPanOnFocus: false });
  entry.marker.on("add", () => {
    const pin = entry.marker.getElement();
    pin.dataset.id = place.id;
    describe(entry);
    pin.addEventListener("keydown", goToNeighbour);
    pin.addEventListener("focus", () => {
      makeTabStop(pin);
      // Whoever points at it sees it: a map that moved between press and release would lose the click.
      if (!pin.matches(":focus-visible")) return;
      bringIntoView(entry);
      glanceAt(entry);
    });
    pin.addEventListener("blur", () => glanceAt(null));
  });
  entry.marker.on("mouseover", () => glanceAt(entry));
  entry.marker.on("mouseout", () => glanceAt(null));
  listenTo(entry.marker, () => entry);
  return entry.marker;
}

function describe({ marker, place }) {
  marker.getElement().setAttribute("aria-label", hasWords ? `${place.name} · ${place.located}` : place.id);
}

function dress(entry) {
  const look = lookOf(entry.place);
  const pin = entry.marker.getElement();
  const shape = pin.querySelector(".shape");
  const { radius } = look;
  const corner = BOX / 2 - radius;
  // A square with round corners is the circle that it is compared as.
  const size = shape.tagName === "rect" ? { x: corner, y: corner, width: 2 * radius, height: 2 * radius, rx: look.shape === "circle" ? radius : 0 } : { r: radius };
  const { stroke, opacity: whole } = page.marks.forms[look.form];
  // As attributes: the style sheet has the last word on what is pointed at or chosen.
  Object.entries({ ...size, "stroke-width": stroke, "fill-opacity": look.opacity }).forEach(([name, value]) => shape.setAttribute(name, value));
  pin.classList.toggle("without", look.form === "without");
  pin.classList.toggle("measured", look.form === "measured" || look.form === "unsized");
  pin.classList.toggle("selected", entry.place.id === state.place);
  shape.style.fill = look.growth ? growthColour(look.growth) : "";
  pin.classList.toggle("edged", look.isEdged);
  pin.querySelector(".core")?.remove();
  if (look.core) {
    const core = svgElement("circle", { class: "core", cx: BOX / 2, cy: BOX / 2, r: look.core, "fill-opacity": whole });
    core.style.fill = shape.style.fill;
    shape.after(core);
  }
  entry.marker.setZIndexOffset(Math.round(100 * (page.marks.largest + 2 - radius)));
}

const STOPS = ".pin, .guests";

/** Only one symbol at a time is a tab stop: the arrow keys lead from it to the nearest one in their direction. */
function makeTabStop(chosen) {
  document.querySelectorAll(STOPS).forEach((pin) => {
    pin.tabIndex = pin === chosen ? 0 : -1;
  });
}

function keepOneTabStop() {
  const pins = [...document.querySelectorAll(STOPS)];
  if (pins.length) makeTabStop(pins.find((pin) => pin === document.activeElement) || pins.find((pin) => pin.tabIndex === 0) || pins[0]);
}

const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function goToNeighbour(event) {
  const direction = DIRECTIONS[event.key];
  if (!direction) return;
  event.preventDefault();
  event.stopPropagation();
  const { id, host } = event.currentTarget.dataset;
  const start = id === undefined ? rings.get(host) : places.get(id);
  // A ring lies around its host: beside it, for who goes from the one to the other.
  const standsAt = (entry) => ({ x: spotOf(entry).x + (entry.guests ? entry.extent : 0), y: spotOf(entry).y });
  const here = standsAt(start);
  // Where a ring stands for guests, it is what is gone to.
  const counted = new Set([...rings.values()].flatMap(({ guests }) => guests));
  let nearest = null;
  for (const entry of [...shown, ...rings.values()]) {
    if (!entry.latLng || entry === start || (entry.place && counted.has(entry.place.id))) continue;
    const spot = standsAt(entry);
    const along = (spot.x - here.x) * direction[0] + (spot.y - here.y) * direction[1];
    const across = Math.abs((spot.x - here.x) * direction[1]) + Math.abs((spot.y - here.y) * direction[0]);
    if (along <= 0) continue;
    const cost = along + 2 * across;
    if (!nearest || cost < nearest.cost) nearest = { cost, entry };
  }
  if (!nearest) return;
  if (nearest.entry.place) pinUp(nearest.entry);
  nearest.entry.marker.getElement().focus({ preventScroll: true });
}

/** Bring a symbol that has the focus into view, clear of the edge. */
function bringIntoView(entry) {
  const spot = map.layerPointToContainerPoint(spotOf(entry));
  const size = map.getSize();
  const outside = (value, limit) => (value < 24 ? value - limit / 2 : value > limit - 24 ? value - limit / 2 : 0);
  map.panBy([outside(spot.x, size.x), outside(spot.y, size.y - covered())], { animate: !isStill() });
}

// --- names of districts and corridors ---

const names = []; // {marker, span}
const axisNames = []; // {marker, span, axis}

function addNames(target, list) {
  for (const [text, lon, lat] of list) {
    const span = element("span");
    span.append(element("bdi", "", text));
    const box = element("div");
    box.append(span);
    box.setAttribute("aria-hidden", "true");
    const icon = L.divIcon({ html: box, className: "place-name", iconSize: [0, 0] });
    const marker = L.marker([lat, lon], { icon, interactive: false, keyboard: false, pane: "names" }).addTo(target);
    names.push({ marker, span });
  }
}

function addAxisName(layer, corridor, text, axis) {
  const span = element("span");
  span.append(element("bdi", "", text));
  const box = element("div");
  box.append(span);
  box.setAttribute("aria-hidden", "true");
  const middle = axis[Math.floor(axis.length / 2)];
  const icon = L.divIcon({ html: box, className: `axis-name corridor-${corridor}`, iconSize: [0, 0] });
  const marker = L.marker([middle[1], middle[0]], { icon, interactive: false, keyboard: false, pane: "axis-names" });
  axisNames.push({ marker, span, axis });
  layer.addLayer(marker);
}
