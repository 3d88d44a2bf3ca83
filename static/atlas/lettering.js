/* Lettering: names beside symbols, at the end of a line from them, along axes and in districts; as geo/draw/lettering.py, with letters that are measured. */

const overlaps = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const around = (point, radius) => ({ left: point.x - radius, right: point.x + radius, top: point.y - radius, bottom: point.y + radius });
/** The room that keeps the next name from being read on with this one. */
const widen = (box) => ({ ...box, left: box.left - page.marks.label.space, right: box.right + page.marks.label.space });
const extentIn = (entry) => (entry.guests ? entry.extent : extentOf(lookOf(entry.place)));

/** What stands on the map and is no part of it: labels keep clear of it. */
const FURNITURE = ".leaflet-bar, .leaflet-control-attribution, .legend, .review p, .leaflet-control-scale, .caption";

/** Where parts of the page stand, in pixels of the map's layers. */
function boxesOf(pieces) {
  const frame = map.getContainer().getBoundingClientRect();
  const corner = map.containerPointToLayerPoint([0, 0]);
  return [...document.querySelector("main.map").querySelectorAll(pieces)]
    .map((piece) => piece.getBoundingClientRect())
    .filter((box) => box.width)
    .map((box) => ({ left: box.left - frame.left + corner.x, right: box.right - frame.left + corner.x, top: box.top - frame.top + corner.y, bottom: box.bottom - frame.top + corner.y }));
}

/** The corner of a label at the end of a line, as those of a label beside its symbol: the nearest of its corners, or the middle of its nearest side. */
function cornerAt(far, degrees) {
  const [right, down] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const share = (part) => (part > 0.5 ? 0 : part < -0.5 ? -1 : -0.5);
  return [right, far * right, share(right), down, far * down, share(down)];
}

const leaderCorners = page.marks.label.lengths.flatMap((far) => page.marks.label.directions.map((degrees) => cornerAt(far, degrees)));

/** What is compared of a place, in words: nothing where nothing is. */
function valueOf(place) {
  const comparison = comparisons[state.indicator];
  const measure = comparison && comparison.measures[place.id];
  return measure ? measure.words[0] : "";
}

/** The level of a name: what has a value is what the map is about. */
function levelOf(entry) {
  if (entry.guests) return 0;
  return valueOf(entry.place) ? 0 : page.marks.symbols[entry.place.symbol].level;
}

/** Write the name of a symbol, with its value where there is one; measured before it is placed. */
function writeLabel(entry) {
  const label = entry.marker.getElement().querySelector(".pin-label");
  const lines = entry.guests ? [`+${entry.guests.length}`] : entry.place.lines || [entry.place.name || ""];
  const value = entry.guests ? "" : valueOf(entry.place);
  const written = [...lines, value].join("\n");
  if (entry.written === written) return label;
  entry.written = written;
  entry.box = null;
  label.replaceChildren(...lines.map((line) => element("span", "", line)), ...(value ? [element("b", "", value)] : []));
  ["first", "second", "third"].forEach((name, level) => label.classList.toggle(name, level === levelOf(entry)));
  return label;
}

function measureLabel(entry) {
  const label = entry.marker.getElement().querySelector(".pin-label");
  entry.box = entry.box || [label.offsetWidth, label.offsetHeight];
  return entry.box;
}

/** Find room for the names: what is counted and what is compared comes first, then platforms, then what is smaller. One that has found none may take the
    place of another one that finds a place elsewhere. */
function placeLabels(drawn, taken = []) {
  // Everything is measured before anything is written: each turn from the one to the other makes the browser lay out the page.
  let covers = [...boxesOf(FURNITURE), ...taken];
  drawn.forEach(writeLabel);
  drawn.forEach(measureLabel);
  [...axisNames, ...names].forEach(({ span }) => sizeOf(span));
  const symbols = drawn.map((entry) => around(spotOf(entry), extentIn(entry) + page.marks.label.apart));
  covers.push(...symbols);
  const written = new Map(); // entry -> where its name stands
  const isFree = (box) => !covers.some((other) => overlaps(box, other));
  const write = (entry, choice) => {
    written.set(entry, choice);
    const covered = [widen(choice.box), ...stepsOf(choice)];
    covers.push(...covered.map((box) => ({ ...box, owner: entry })));
  };
  const erase = (entry) => {
    const choice = written.get(entry);
    written.delete(entry);
    covers = covers.filter(({ owner }) => owner !== entry);
    return choice;
  };
  const writeWhereFree = (entry) => {
    const choice = firstOf(choicesOf(entry, symbols), (one) => isFree(one.room) && stepsOf(one).every(isFree));
    if (choice) write(entry, choice);
    return Boolean(choice);
  };
  const writeInPlaceOfAnother = (entry) =>
    firstOf(choicesOf(entry, symbols), (choice) => {
      const other = onlyOwner(choice, covers);
      if (!other) return false;
      const before = erase(other);
      write(entry, choice);
      if (writeWhereFree(other)) return true;
      erase(entry);
      write(other, before);
      return false;
    });
  const rank = (entry) => [entry.guests ? 0 : valueOf(entry.place) ? 1 : 2, levelOf(entry), -extentIn(entry)];
  const ranks = new Map(drawn.map((entry) => [entry, rank(entry)]));
  const compare = (one, other) => one.map((part, place) => part - other[place]).find((difference) => difference) || 0;
  const ordered = [...drawn].sort((one, other) => compare(ranks.get(one), ranks.get(other)));
  const unnamed = ordered.filter((entry) => !writeWhereFree(entry)).filter(isSeen);
  if (unnamed.length <= page.marks.label.retried) {
    // Where a name has moved there may be room by now.
    unnamed.forEach((entry) => writeWhereFree(entry) || writeInPlaceOfAnother(entry));
  }
  drawn.forEach((entry) => showLabel(entry, written.get(entry)));
  placeAxisNames(covers);
  placeNames(covers, new Set([...written.keys()].filter(({ guests }) => !guests).map(({ place }) => place.name)));
}

const isSeen = (entry) => isInView(around(spotOf(entry), 0));

function firstOf(choices, isWanted) {
  for (const choice of choices) {
    if (isWanted(choice)) return choice;
  }
  return null;
}

/** A corner, as page.marks.label has them, for the name of a symbol. */
function boxAt(entry, [rightGaps, right, widths, downGaps, down, heights]) {
  const { x, y } = spotOf(entry);
  const [width, height] = entry.box;
  const away = extentIn(entry) + page.marks.label.gap;
  const [left, top] = [x + rightGaps * away + right + widths * width, y + downGaps * away + down + heights * height];
  return { left, top, right: left + width, bottom: top + height };
}

/** The places for the name of a symbol, from the best: beside it, then apart from it at the end of a line. */
function* choicesOf(entry, symbols) {
  // The label of a symbol beyond the edge waits there for the map to be moved.
  const isHere = isSeen(entry);
  for (const corner of page.marks.label.corners) {
    const box = boxAt(entry, corner);
    if (isHere ? isInView(box) : !isCut(box)) yield { box, room: box };
  }
  if (!isHere) return;
  const spot = spotOf(entry);
  // A line crosses nothing but what the symbol stands on.
  const below = symbols.filter((box) => overlaps(box, around(spot, 0.01)));
  for (const corner of leaderCorners) {
    const box = boxAt(entry, corner);
    // Apart from its symbol it keeps clear of every other one, whose it might be taken for.
    if (isInView(box)) yield { box, room: widen(box), line: lineTo(spot, extentIn(entry) + 1, box), below };
  }
}

/** What the line to a name covers. */
function stepsOf({ line, below }) {
  return line ? walk(line).filter((step) => !below.some((one) => overlaps(step, one))) : [];
}

/** Whose name stands where another one might, if it is one name alone, and nothing else. */
function onlyOwner(choice, covers) {
  let only = null;
  for (const box of [choice.room, ...stepsOf(choice)]) {
    for (const other of covers) {
      if (!overlaps(box, other)) continue;
      if (!other.owner || (only && only !== other.owner)) return null;
      only = other.owner;
    }
  }
  return only;
}

/** Show a name where it has found room; where it has found none it shows on hover and focus only. */
function showLabel(entry, choice) {
  const label = entry.marker.getElement().querySelector(".pin-label");
  label.classList.toggle("off", !choice);
  const beside = choice ? [] : page.marks.label.corners.map((corner) => boxAt(entry, corner));
  moveLabel(entry, label, choice ? choice.box : beside.find(isInView) || beside[0]);
  drawLeader(entry, choice && choice.line);
}

/** The line from the edge of a symbol to the nearest edge of a box. */
function lineTo({ x, y }, extent, box) {
  const end = { x: Math.min(Math.max(x, box.left - 2), box.right + 2), y: Math.min(Math.max(y, box.top + 2), box.bottom - 2) };
  const share = extent / Math.hypot(end.x - x, end.y - y);
  return { start: { x: x + (end.x - x) * share, y: y + (end.y - y) * share }, end };
}

/** Cover a line by small squares. */
function walk({ start, end }) {
  const count = Math.max(1, Math.ceil(Math.hypot(end.x - start.x, end.y - start.y) / page.marks.label.step));
  return Array.from({ length: count }, (_, number) => {
    const share = (number + 0.5) / count;
    return around({ x: start.x + (end.x - start.x) * share, y: start.y + (end.y - start.y) * share }, 1);
  });
}

function drawLeader(entry, line) {
  const leader = entry.marker.getElement().querySelector(".leader");
  leader.classList.toggle("off", !line);
  if (!line) return;
  const { x, y } = spotOf(entry);
  const ends = { x1: line.start.x - x, y1: line.start.y - y, x2: line.end.x - x, y2: line.end.y - y };
  Object.entries(ends).forEach(([name, value]) => leader.setAttribute(name, value + BOX / 2));
}

function moveLabel(entry, label, corner) {
  const { x, y } = spotOf(entry);
  entry.labelBox = { left: corner.left - x, top: corner.top - y };
  label.style.left = `${corner.left - x + BOX / 2}px`;
  label.style.top = `${corner.top - y + BOX / 2}px`;
}

/** The name of a pin among dots shows on hover and focus only. */
function hideLabel(entry) {
  const label = entry.marker.getElement().querySelector(".pin-label");
  label.classList.add("off");
  drawLeader(entry, null);
  const { x, y } = spotOf(entry);
  moveLabel(entry, label, { left: x + extentIn(entry) + page.marks.label.gap, top: y - measureLabel(entry)[1] / 2 });
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
function placeAxisNames(covers) {
  const isFree = (box) => !covers.some((other) => overlaps(box, other));
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
    const free = spotsBelow.filter(({ box }) => isFree(box));
    const chosen = free.find(({ box }) => isInView(box)) || free.find(({ box }) => !isCut(box));
    span.classList.toggle("off", !chosen);
    if (!chosen) continue;
    const { below, angle, box } = chosen;
    span.style.transform = `translate(${below.x - origin.x}px, ${below.y - origin.y}px) translate(-50%, -50%) rotate(${angle}rad)`;
    covers.push(widen(box));
  }
}

function placeNames(covers, named = new Set()) {
  for (const { marker, span } of names) {
    const point = map.latLngToLayerPoint(marker.getLatLng());
    const [width, height] = sizeOf(span).map((side) => side / 2);
    const box = { left: point.x - width, right: point.x + width, top: point.y - height, bottom: point.y + height };
    // A district that is named beside a symbol of its own is not named again.
    const free = !named.has(span.textContent) && !isCut(box) && !covers.some((other) => overlaps(box, other));
    span.classList.toggle("off", !free);
    if (free) covers.push(widen(box));
  }
}
