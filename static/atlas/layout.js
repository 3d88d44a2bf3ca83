/* Layout: which symbols stand where, in pixels, so that nothing claims a site of its own; what names stand beside them is for lettering.js. */

const rings = new Map(); // id of a host -> the ring that stands for its guests: {guests, latLng, point, offset, extent, marker}
let seen = null; // the part of the map that nothing covers
const spotOf = ({ point, offset }) => ({ x: point.x + offset.x, y: point.y + offset.y });

/** Give every symbol its spot: located ones their point, guests one around their host, as far as their place may lie from it. */
function layOut() {
  const corner = map.containerPointToLayerPoint([0, 0]);
  const size = map.getSize();
  seen = { left: corner.x, top: corner.y, right: corner.x + size.x, bottom: corner.y + size.y - covered() };
  const near = choosePins();
  const { spots, rings: found } = isThick ? { spots: new Map(), rings: [] } : setOut(near.map(symbolOf), page.marks.ring);
  // Who is looked at keeps a symbol, on its point, though a ring stands for it.
  const isDrawn = (entry) => isThick || spots.has(entry.place.id) || isLookedAt(entry);
  keepPins(near.filter(isDrawn));
  const hadRings = rings.size > 0;
  keepRings(found);
  if (rings.size > 0 !== hadRings) drawLegend();
  const drawn = [...pinned].sort((a, b) => a.place.position - b.place.position);
  for (const entry of drawn) {
    const { x, y } = spots.get(entry.place.id) || entry.point;
    moveSymbol(entry, { x: x - entry.point.x, y: y - entry.point.y });
  }
  drawn.forEach(dress);
  rings.forEach(dressRing);
  if (isThick) {
    layOutDots(drawn);
  } else {
    if (places.size > page.marks.crowd) drawDots();
    placeLabels([...rings.values(), ...drawn]);
    drawHits(drawn);
  }
  keepOneTabStop();
  afterLayout.forEach((act) => act());
  if (popup) followSymbol();
}

/** A symbol as setOut takes it, with the reach of geo.draw.placement.Frame.reach: what has a value is compared on its very point. */
function symbolOf({ place, point, latLng }) {
  const look = lookOf(place);
  const isGuest = place.symbol === "guest" && look.isHollow;
  const share = isGuest ? 1 : place.area && look.isHollow ? page.marks.ring.share : 0;
  const reach = Math.max(0, Math.min((share * place.radius) / metresPerPixel(latLng.lat) - 1, page.marks.ring.reach));
  return { id: place.id, x: point.x, y: point.y, extent: extentOf(look), host: isGuest ? place.host || "" : null, reach };
}

/** The length of a pixel on the ground, on the sphere of Web Mercator. */
function metresPerPixel(lat) {
  return (2 * Math.PI * 6378137 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom());
}

/** A symbol is as easy to hit as its box, but takes nothing from what is drawn beside it: what lies between them is for targets.js. */
function drawHits(drawn) {
  for (const entry of drawn) {
    const here = spotOf(entry);
    const distances = drawn.filter((other) => other !== entry).map((other) => Math.hypot(spotOf(other).x - here.x, spotOf(other).y - here.y));
    entry.marker.getElement().querySelector(".hit").setAttribute("r", Math.min(BOX / 2, ...distances.map((distance) => distance / 2)));
  }
}

function moveSymbol(entry, offset) {
  entry.offset = offset;
  const pin = entry.marker.getElement();
  pin.style.marginLeft = `${offset.x - BOX / 2}px`;
  pin.style.marginTop = `${offset.y - BOX / 2}px`;
}

// --- rings ---

/** Let a ring stand for the guests of each host that cannot be set out. */
function keepRings(found) {
  const wanted = new Map(found.map((ring) => [ring.host, ring]));
  for (const [host, ring] of rings) {
    if (wanted.has(host)) continue;
    const hadFocus = ring.marker.getElement() === document.activeElement;
    ring.marker.remove();
    rings.delete(host);
    const [first] = ring.guests.map((id) => places.get(id)).filter((entry) => pinned.has(entry));
    if (hadFocus && first) first.marker.getElement().focus({ preventScroll: true });
  }
  for (const { host, guests, extent } of found) {
    const [first] = guests.map((id) => places.get(id));
    if (!rings.has(host)) rings.set(host, { host, latLng: first.latLng, offset: { x: 0, y: 0 }, marker: ringMarker(host, first) });
    const inner = places.get(host);
    // Its middle belongs to the host, where that is shown.
    const hole = inner && pinned.has(inner) ? extentOf(lookOf(inner.place)) : 0;
    Object.assign(rings.get(host), { guests, extent, hole, point: map.latLngToLayerPoint(first.latLng) });
  }
}

function ringMarker(host, first) {
  const svg = svgElement("svg", { width: BOX, height: BOX, "aria-hidden": "true" });
  svg.append(svgElement("line", { class: "leader" }), svgElement("circle", { class: "shape", cx: BOX / 2, cy: BOX / 2 }));
  const box = element("div", "");
  const label = element("bdi", "pin-label off");
  label.setAttribute("aria-hidden", "true");
  box.append(svg, label);
  const marker = L.marker(first.latLng, { icon: L.divIcon({ html: box, className: `guests corridor-${first.place.corridor}`, iconSize: [BOX, BOX] }), autoPanOnFocus: false });
  marker.addTo(map);
  const ring = marker.getElement();
  ring.dataset.host = host;
  ring.addEventListener("keydown", goToNeighbour);
  ring.addEventListener("focus", () => makeTabStop(ring));
  listenTo(marker, () => rings.get(host));
  return marker;
}

function dressRing(ring) {
  const { marker, guests, extent, host } = ring;
  const drawn = marker.getElement();
  const [first] = guests.map((id) => places.get(id));
  const { form } = lookOf(first.place);
  const shape = drawn.querySelector(".shape");
  Object.entries({ r: extent, "stroke-width": page.marks.forms[form].stroke }).forEach(([name, value]) => shape.setAttribute(name, value));
  drawn.classList.toggle("without", form === "without");
  drawn.dataset.guests = guests.join(" ");
  const inside = places.get(host);
  drawn.setAttribute("aria-label", page.phrases.guests.replace("{host}", inside ? inside.place.name : "").replace("{count}", guests.length));
  marker.setZIndexOffset(Math.round(100 * (page.marks.largest + 2 - extent)));
}
