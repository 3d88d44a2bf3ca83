/* Layout: guests around their hosts, labels where there is room; in pixels, so that nothing claims a site of its own. */

const overlaps = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const around = (point, radius) => ({ left: point.x - radius, right: point.x + radius, top: point.y - radius, bottom: point.y + radius });
let seen = null; // the part of the map that nothing covers
const spotOf = ({ point, offset }) => ({ x: point.x + offset.x, y: point.y + offset.y });

/** Give every symbol its spot in pixels: the located ones first, then the labels of platforms and zones, then whatever goes around a host. */
function layOut() {
  const corner = map.containerPointToLayerPoint([0, 0]);
  const size = map.getSize();
  seen = { left: corner.x, top: corner.y, right: corner.x + size.x, bottom: corner.y + size.y - covered() };
  choosePins();
  const drawn = [...pinned].sort((a, b) => a.place.position - b.place.position);
  drawn.forEach(dress);
  if (isThick) {
    drawDots();
    drawn.forEach(placeOne);
    placeAxisNames([], []);
    placeNames([], []);
  } else {
    if (sheetOfDots) sheetOfDots.remove();
    placeAll(drawn);
  }
  keepOneTabStop();
  drawReference();
  if (popup) followSymbol();
}

/** What stands on the map and is no part of it: labels keep clear of it. */
function furniture() {
  const frame = map.getContainer().getBoundingClientRect();
  const corner = map.containerPointToLayerPoint([0, 0]);
  return [...document.querySelectorAll(".map .leaflet-bar, .map .legend, .map .review p, .map .leaflet-control-scale, .map .caption")]
    .map((piece) => piece.getBoundingClientRect())
    .filter((box) => box.width)
    .map((box) => ({ left: box.left - frame.left + corner.x, right: box.right - frame.left + corner.x, top: box.top - frame.top + corner.y, bottom: box.bottom - frame.top + corner.y }));
}

function placeAll(drawn) {
  const fixed = drawn.filter((entry) => !floats(entry.place));
  const floating = drawn.filter((entry) => floats(entry.place));
  const symbols = fixed.map((entry) => ({ point: entry.point, radius: radiusOf(entry.place) }));
  // Everything is measured before anything is written: each turn from the one to the other makes the browser lay out the page.
  const labels = furniture();
  drawn.forEach(labelOf);
  [...axisNames, ...names].forEach(({ span }) => sizeOf(span));
  const fixtures = labels.length;
  const isFirst = (entry) => page.marks.symbols[entry.place.symbol].isLabelledFirst;
  for (const entry of fixed.filter(isFirst)) placeLabel(entry, symbols, labels);
  for (const entry of floating) placeFloating(entry, symbols, labels.slice(fixtures));
  for (const entry of fixed.filter((other) => !isFirst(other))) placeLabel(entry, symbols, labels);
  for (const entry of floating) {
    if (entry.place.symbol === "guest") hideLabel(entry);
    else placeLabel(entry, symbols, labels);
  }
  placeAxisNames(symbols, labels);
  placeNames(symbols, labels);
  drawn.forEach((entry) => drawHit(entry, drawn));
}

/** A pin among dots stands on its point; its name shows on hover and focus. */
function placeOne(entry) {
  moveSymbol(entry, { x: 0, y: 0 });
  hideLabel(entry);
}

function moveSymbol(entry, offset) {
  entry.offset = offset;
  const pin = entry.marker.getElement();
  pin.style.marginLeft = `${offset.x - BOX / 2}px`;
  pin.style.marginTop = `${offset.y - BOX / 2}px`;
}

/** A symbol is as easy to hit as its box, but takes nothing from its neighbours: at most half of the way to the nearest one. */
function drawHit(entry, drawn) {
  const here = spotOf(entry);
  const distances = drawn.filter((other) => other !== entry).map((other) => Math.hypot(spotOf(other).x - here.x, spotOf(other).y - here.y));
  entry.marker.getElement().querySelector(".hit").setAttribute("r", Math.min(BOX / 2, ...distances.map((distance) => distance / 2)));
}

/** Put a symbol on its point, or on the first free spot of the rings around it: a guest has no point of its own, and that of a district stands for the whole. */
function placeFloating(entry, symbols, labels) {
  const { place, point } = entry;
  const radius = radiusOf(place);
  const host = places.get(place.host);
  const isFree = (spot) =>
    symbols.every((other) => Math.hypot(other.point.x - spot.x, other.point.y - spot.y) > other.radius + radius + 2) &&
    labels.every((box) => !overlaps(box, around(spot, radius + 1)));
  const settle = (offset) => {
    const spot = { x: point.x + offset.x, y: point.y + offset.y };
    if (!isFree(spot)) return false;
    symbols.push({ point: spot, radius });
    moveSymbol(entry, offset);
    return true;
  };
  if (place.symbol !== "guest" && settle({ x: 0, y: 0 })) return;
  const { gap, step: between } = page.marks.ring;
  const step = 2 * radius + between;
  for (let ring = (host ? radiusOf(host.place) : 0) + radius + gap; ; ring += step) {
    const spots = Math.floor((2 * Math.PI * ring) / step);
    for (let spot = 0; spot < spots; spot += 1) {
      const angle = (2 * Math.PI * spot) / spots - Math.PI / 2;
      if (settle({ x: Math.round(ring * Math.cos(angle)), y: Math.round(ring * Math.sin(angle)) })) return;
    }
  }
}

function labelOf(entry) {
  const label = entry.marker.getElement().querySelector(".pin-label");
  entry.width = entry.width || label.offsetWidth;
  return label;
}

function moveLabel(entry, label, corner) {
  label.style.left = `${corner.left - entry.point.x - entry.offset.x + BOX / 2}px`;
  label.style.top = `${corner.top - entry.point.y - entry.offset.y + BOX / 2}px`;
}

/** Write a label beside its symbol where it covers nothing; where there is no room it shows on hover and focus only. */
function placeLabel(entry, symbols, labels) {
  const label = labelOf(entry);
  const { x, y } = spotOf(entry);
  const gap = radiusOf(entry.place) + page.marks.label.gap;
  const boxes = page.marks.label.corners.map(([rightGaps, right, widths, downGaps, down]) => {
    const [left, top] = [x + rightGaps * gap + right + widths * entry.width, y + downGaps * gap + down];
    return { left, top, right: left + entry.width, bottom: top + page.marks.label.height };
  });
  // The label of a symbol beyond the edge waits there for the map to be moved.
  const isSeen = isInView(around({ x, y }, 0));
  const free = boxes.find((box) => isFreeBox(box, symbols, labels) && (isSeen ? isInView(box) : !isCut(box)));
  label.classList.toggle("off", !free);
  moveLabel(entry, label, free || boxes[0]);
  if (free) labels.push({ ...free, text: label.textContent });
}

function hideLabel(entry) {
  const label = labelOf(entry);
  label.classList.add("off");
  moveLabel(entry, label, { left: entry.point.x + entry.offset.x + BOX / 2, top: entry.point.y + entry.offset.y - 8 });
}

function isFreeBox(box, symbols, labels) {
  return !labels.some((other) => overlaps(box, other)) && !symbols.some((other) => overlaps(box, around(other.point, other.radius + 1)));
}

const sizes = new Map(); // span -> its width and height, which never change: asking makes the browser lay out the page

function sizeOf(span) {
  if (!sizes.has(span)) sizes.set(span, [span.offsetWidth, span.offsetHeight]);
  return sizes.get(span);
}

function isInView(box) {
  return box.left > seen.left && box.top > seen.top && box.right < seen.right && box.bottom < seen.bottom;
}

/** What the edge would cut: a name of which only a part can be seen is another name. */
function isCut(box) {
  return overlaps(box, seen) && !isInView(box);
}

/** Write each corridor's name along its axis, in view if it can be: on the stretch with the most room, in the direction of that stretch. */
function placeAxisNames(symbols, labels) {
  for (const { marker, span, axis } of axisNames) {
    if (!map.hasLayer(marker)) continue;
    const points = axis.map(([lon, lat]) => map.latLngToLayerPoint([lat, lon]));
    const origin = map.latLngToLayerPoint(marker.getLatLng());
    const [width, height] = sizeOf(span);
    const spots = points.slice(1).flatMap((end, position) => {
      const start = points[position];
      return [0.5, 0.25, 0.75, 0.375, 0.625].map((share) => ({
        x: start.x + (end.x - start.x) * share,
        y: start.y + (end.y - start.y) * share,
        slope: Math.atan2(end.y - start.y, end.x - start.x),
        length: Math.hypot(end.x - start.x, end.y - start.y),
      }));
    });
    const room = ({ slope, length }) => length * (0.3 + 0.7 * Math.abs(Math.cos(slope)));
    spots.sort((a, b) => room(b) - room(a));
    const spotsBelow = spots.map(({ x, y, slope }) => {
      // Upright: a name is never written from right to left.
      const angle = Math.abs(slope) > Math.PI / 2 ? slope - Math.sign(slope) * Math.PI : slope;
      const below = { x: x - Math.sin(angle) * (height / 2 + 6), y: y + Math.cos(angle) * (height / 2 + 6) };
      const half = { x: (Math.abs(Math.cos(angle)) * width + Math.abs(Math.sin(angle)) * height) / 2, y: (Math.abs(Math.sin(angle)) * width + Math.abs(Math.cos(angle)) * height) / 2 };
      return { below, angle, box: { left: below.x - half.x, right: below.x + half.x, top: below.y - half.y, bottom: below.y + half.y } };
    });
    const free = spotsBelow.filter(({ box }) => isFreeBox(box, symbols, labels));
    const chosen = free.find(({ box }) => isInView(box)) || free[0];
    span.classList.toggle("off", !chosen);
    if (!chosen) continue;
    const { below, angle, box } = chosen;
    span.style.transform = `translate(${below.x - origin.x}px, ${below.y - origin.y}px) translate(-50%, -50%) rotate(${angle}rad)`;
    labels.push(box);
  }
}

function placeNames(symbols, labels) {
  for (const { marker, span } of names) {
    const point = map.latLngToLayerPoint(marker.getLatLng());
    const [width, height] = sizeOf(span).map((side) => side / 2);
    const box = { left: point.x - width, right: point.x + width, top: point.y - height, bottom: point.y + height };
    // A district that has a symbol of its own is named there.
    const free = isFreeBox(box, symbols, labels) && !labels.some((label) => label.text === span.textContent);
    span.classList.toggle("off", !free);
    if (free) labels.push(box);
  }
}
