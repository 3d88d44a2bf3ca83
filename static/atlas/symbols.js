/* Symbols: what is known of a place's location decides its shape; a chosen indicator its size and colour. */

const RADIUS = { platform: 10, zone: 7, site: 5, guest: 5, district: 5, city: 5 };
const LARGEST = 26; // radius of the largest symbol of a comparison
const WITHOUT = 4; // radius of a symbol that has no figure in it
const BOX = 24; // side of a symbol's box in pixels: the least size that is easy to hit

function addPlaces(layer, list) {
  for (const place of list) {
    places.set(place.id, { place, layer, latLng: place.lon === null ? null : L.latLng(place.lat, place.lon), marker: null, offset: { x: 0, y: 0 } });
  }
}

function addComparisons(given) {
  Object.assign(comparisons, given);
}

function isHollow(place) {
  return ["guest", "district", "city"].includes(place.symbol);
}

function measureOf(place) {
  const comparison = comparisons[state.indicator];
  return comparison ? comparison.measures[place.id] || null : undefined;
}

function radiusOf(place) {
  const measure = measureOf(place);
  if (measure === undefined) return RADIUS[place.symbol];
  if (measure === null) return WITHOUT;
  if (measure.amount === null) return RADIUS.platform;
  return Math.max(WITHOUT + 1, LARGEST * Math.sqrt(Math.max(0, measure.amount / comparisons[state.indicator].largest)));
}

/** Growth on a ramp that diverges at zero and is full at ±50 %. */
function growthColour(growth) {
  const share = Math.round(Math.min(Math.abs(growth) / 50, 1) * 70 + 30);
  return `color-mix(in srgb, var(${growth < 0 ? "--down" : "--up"}) ${growth === 0 ? 0 : share}%, var(--card))`;
}

// --- pins: symbols that are elements of the page ---

function drawSymbol(place) {
  const svg = svgElement("svg", { width: BOX, height: BOX, "aria-hidden": "true" });
  const radius = RADIUS[place.symbol];
  const isArea = place.symbol === "district" || place.symbol === "city";
  const shape = isArea
    ? svgElement("rect", { x: BOX / 2 - radius, y: BOX / 2 - radius, width: 2 * radius, height: 2 * radius, transform: `rotate(45 ${BOX / 2} ${BOX / 2})` })
    : svgElement("circle", { cx: BOX / 2, cy: BOX / 2, r: radius });
  shape.setAttribute("class", "shape");
  svg.append(svgElement("circle", { class: "hit", cx: BOX / 2, cy: BOX / 2, r: BOX / 2 }), shape);
  const box = element("div", "");
  const label = element("bdi", "pin-label off", place.name);
  label.setAttribute("aria-hidden", "true");
  box.append(svg, label);
  return box;
}

/** The marker of a place, made when it is first needed: most of ten thousand never are. */
function markerOf(entry) {
  if (entry.marker) return entry.marker;
  const { place, latLng } = entry;
  const className = `pin ${place.corridor} ${place.symbol}${isHollow(place) ? " hollow" : ""}`;
  entry.marker = L.marker(latLng, { icon: L.divIcon({ html: drawSymbol(place), className, iconSize: [BOX, BOX] }), riseOnHover: true, autoPanOnFocus: false });
  entry.marker.on("add", () => {
    const pin = entry.marker.getElement();
    pin.dataset.id = place.id;
    pin.setAttribute("aria-label", `${place.name} · ${place.located}`);
    pin.addEventListener("keydown", goToNeighbour);
    pin.addEventListener("focus", () => {
      makeTabStop(pin);
      bringIntoView(entry);
    });
  });
  entry.marker.on("click", () => select(place.id, { push: true, focus: true }));
  entry.marker.on("keypress", (event) => {
    if (event.originalEvent.key === "Enter" || event.originalEvent.key === " ") {
      event.originalEvent.preventDefault();
      select(place.id, { push: true, focus: true });
    }
  });
  return entry.marker;
}

function dress(entry) {
  const measure = measureOf(entry.place);
  const pin = entry.marker.getElement();
  const shape = pin.querySelector(".shape");
  const radius = radiusOf(entry.place);
  if (shape.tagName === "rect") {
    // Areas are compared as circles, whatever the symbol is otherwise.
    const corner = { x: BOX / 2 - radius, y: BOX / 2 - radius, width: 2 * radius, height: 2 * radius, rx: measure ? radius : 0 };
    Object.entries(corner).forEach(([name, value]) => shape.setAttribute(name, value));
  } else {
    shape.setAttribute("r", radius);
  }
  pin.classList.toggle("without", measure === null);
  pin.classList.toggle("measured", Boolean(measure));
  pin.classList.toggle("selected", entry.place.id === state.place);
  shape.style.fill = measure && measure.growth !== null ? growthColour(measure.growth) : "";
  entry.marker.setZIndexOffset(Math.round(100 * (LARGEST + 2 - radius)));
}

/** Only one symbol at a time is a tab stop: the arrow keys lead from it to the nearest one in their direction. */
function makeTabStop(chosen) {
  document.querySelectorAll(".pin").forEach((pin) => {
    pin.tabIndex = pin === chosen ? 0 : -1;
  });
}

function keepOneTabStop() {
  const pins = [...document.querySelectorAll(".pin")];
  if (pins.length) makeTabStop(pins.find((pin) => pin === document.activeElement) || pins.find((pin) => pin.tabIndex === 0) || pins[0]);
}

const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

function goToNeighbour(event) {
  const direction = DIRECTIONS[event.key];
  if (!direction) return;
  event.preventDefault();
  event.stopPropagation();
  const here = spotOf(places.get(event.currentTarget.dataset.id));
  let nearest = null;
  for (const entry of shown) {
    if (!entry.latLng) continue;
    const spot = spotOf(entry);
    const along = (spot.x - here.x) * direction[0] + (spot.y - here.y) * direction[1];
    const across = Math.abs((spot.x - here.x) * direction[1]) + Math.abs((spot.y - here.y) * direction[0]);
    if (along <= 0) continue;
    const cost = along + 2 * across;
    if (!nearest || cost < nearest.cost) nearest = { cost, entry };
  }
  if (!nearest) return;
  pinUp(nearest.entry);
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
    const span = element("span", "", text);
    const box = element("div", "");
    box.append(span);
    box.setAttribute("aria-hidden", "true");
    const icon = L.divIcon({ html: box, className: "place-name", iconSize: [0, 0] });
    const marker = L.marker([lat, lon], { icon, interactive: false, keyboard: false, pane: "outline" }).addTo(target);
    names.push({ marker, span });
  }
}

function addAxisName(layer, corridor, text, axis) {
  const span = element("span", "", text);
  const box = element("div", "");
  box.append(span);
  box.setAttribute("aria-hidden", "true");
  const middle = axis[Math.floor(axis.length / 2)];
  const icon = L.divIcon({ html: box, className: `axis-name ${corridor}`, iconSize: [0, 0] });
  const marker = L.marker([middle[1], middle[0]], { icon, interactive: false, keyboard: false, pane: "axis-names" });
  axisNames.push({ marker, span, axis });
  layer.addLayer(marker);
}
