/* Where there are more places than a reader can tell apart, symbols are dots on a canvas; the few that are near, focused or selected stay pins. Part of the
   script of such sites only. */

const MARGIN = 0.2; // how far beyond the view dots are drawn, as a share of it
const SUDDEN = 60; // more new pins than this are put up in turn

let named = new Set(); // the pins that are named though they stand among dots
let plates = []; // the numbers among the dots: {text, box, latLng}
const canvas = element("canvas", "dots");
let sheetOfDots = null;

// --- in turn ---

const steps = []; // what is still to be done, in this order
let isAwaiting = false; // whether a frame has been asked for

/** Do something when the map has been painted, and each of several things in a frame of its own: of a crowd, each takes a good part of one. What is asked
    for once more is done after what has been asked for since. */
function inTurn(step) {
  if (steps.includes(step)) steps.splice(steps.indexOf(step), 1);
  steps.push(step);
  if (!isAwaiting) awaitFrame();
}

function awaitFrame() {
  isAwaiting = true;
  requestAnimationFrame(() => setTimeout(() => {
    isAwaiting = false;
    steps.shift()();
    if (steps.length && !isAwaiting) awaitFrame();
  }));
}

function drawRowsNext() {
  inTurn(drawList);
  inTurn(drawTable);
}

// --- what is a dot ---

/** Decide which of many places are dots; gives those that may be pins. */
function chooseAmong(located) {
  const view = map.getBounds().pad(MARGIN);
  const near = located.filter((entry) => view.contains(entry.latLng));
  isThick = near.length > page.marks.crowd;
  named = new Set(isThick ? largestOf(near) : []);
  const crowded = document.getElementById("crowded");
  crowded.hidden = !isThick;
  crowded.textContent = page.phrases.crowded.replace("{count}", located.length);
  const wanted = pinsAmong(located, near);
  awaited = takesTurns() ? wanted.filter((entry) => !pinned.has(entry)) : [];
  if (awaited.length <= SUDDEN) awaited = [];
  else inTurn(putUp);
  isThick ||= awaited.length > 0;
  dots = isThick ? inOrder(located) : [];
  return awaited.length ? wanted.filter((entry) => pinned.has(entry)) : wanted;
}

function pinsAmong(located, near) {
  if (located.length <= page.marks.crowd) return located;
  const wanted = isThick ? located.filter((entry) => named.has(entry) || isLookedAt(entry)) : near;
  return wanted.length || !near.length ? wanted : [nearestTo(map.getCenter(), near)];
}

let awaited = []; // the entries that are dots until they are pins

/** Whether what is new may be dots for a few frames: paper and the first view wait for none, and a ring that has the focus would lose it. */
function takesTurns() {
  return !isThick && !rings.size && map.getContainer().dataset.ready && !document.body.classList.contains("printing");
}

/** Put many pins up, above the dots that show them until then; in the next frame they are set out and named. */
function putUp() {
  if (!awaited.length) return;
  for (const entry of awaited) {
    raise(entry);
    moveSymbol(entry, { x: 0, y: 0 });
    dress(entry);
    writeLabel(entry);
  }
  keepOneTabStop();
  inTurn(layOut);
}

const hasFigure = ({ place }) => lookOf(place).form !== "without";
const fromLargest = (one, other) => radiusOf(other.place) - radiusOf(one.place);

/** What is compared lies above what is not, and the small above the large. */
function inOrder(entries) {
  if (!state.indicator) return entries;
  return [...entries.filter((entry) => !hasFigure(entry)), ...entries.filter(hasFigure).sort(fromLargest)];
}

/** The few with the largest figures. */
function largestOf(entries) {
  return state.indicator && hasWords ? entries.filter(hasFigure).sort(fromLargest).slice(0, page.marks.plate.named) : [];
}

function nearestTo(centre, entries) {
  const distance = ({ latLng }) => Math.hypot(latLng.lat - centre.lat, latLng.lng - centre.lng);
  return entries.reduce((best, entry) => (distance(entry) < distance(best) ? entry : best));
}

/** Draw the dots, and name the few that are named among them. */
function layOutDots(drawn) {
  drawDots();
  const others = drawn.filter((entry) => !named.has(entry));
  others.forEach(writeLabel);
  others.forEach(hideLabel);
  placeLabels(drawn.filter((entry) => named.has(entry)), plates.map(({ box }) => box));
}

const SPOTS = 2 ** 15; // more than there are pixels or squares in a row

/** Draw the dots of the view: each look is drawn once and stamped, so that ten thousand take a few milliseconds. */
function drawDots() {
  plates = [];
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
  followPaper(document.body.classList.contains("printing"));
  if (density !== sharpness) stamps.clear();
  sharpness = density;
  // On paper a browser repeats what was drawn, and wiping a canvas of the same size would wipe the map below it as well; another size begins anew.
  canvas.width = 0;
  canvas.width = width * density;
  canvas.height = height * density;
  const bounds = L.latLngBounds(map.layerPointToLatLng(origin), map.layerPointToLatLng(origin.add([width, height])));
  if (!map.getPane("dots")) map.createPane("dots").style.zIndex = 450;
  if (sheetOfDots) sheetOfDots.setBounds(bounds);
  else sheetOfDots = L.svgOverlay(canvas, bounds, { pane: "dots" });
  if (!map.hasLayer(sheetOfDots)) sheetOfDots.addTo(map);
  const pen = canvas.getContext("2d");
  const drawn = new Map();
  for (const entry of dots) {
    const [x, y] = [entry.point.x - origin.x, entry.point.y - origin.y];
    const stamp = stampFor(entry);
    const half = stamp.width / 2;
    const [left, top] = [Math.round(x * density - half), Math.round(y * density - half)];
    if (left < -stamp.width || top < -stamp.width || left > canvas.width || top > canvas.height) continue;
    // The same on the same pixel is drawn already.
    const spot = Math.round(y + half) * SPOTS + Math.round(x + half);
    if (!drawn.has(stamp)) drawn.set(stamp, new Set());
    const spots = drawn.get(stamp);
    if (spots.has(spot)) continue;
    spots.add(spot);
    pen.drawImage(stamp, left, top);
  }
  pen.scale(density, density);
  pen.translate(-origin.x, -origin.y);
  if (awaited.length) return;
  // The first view can be used before its numbers are written; names have to keep clear of them.
  if (map.getContainer().dataset.ready || named.size) drawPlates(pen);
  else inTurn(() => drawPlates(pen));
}

/** Write how many dots there are in each square that holds many: on a plate within the square, over the dot that is nearest to the middle of them; as geo/draw/plates.py. */
function drawPlates(pen) {
  const { square: side, least, height, size, space } = page.marks.plate;
  plates = [];
  // The squares stay where they are when the map is moved.
  const { x: left, y: top } = map.getPixelOrigin();
  const squares = new Map();
  for (const entry of dots) {
    const { x, y } = entry.point;
    const [column, row] = [Math.floor((x + left) / side), Math.floor((y + top) / side)];
    // Counted from the first square of the map, so that the numbers stay small.
    const number = (row - Math.floor(top / side)) * SPOTS + column - Math.floor(left / side);
    let square = squares.get(number);
    if (!square) squares.set(number, (square = { column, row, entries: [], x: 0, y: 0 }));
    square.entries.push(entry);
    square.x += x;
    square.y += y;
  }
  const covered = [...named].map((entry) => around(entry.point, radiusOf(entry.place) + 2));
  const style = getComputedStyle(map.getContainer());
  const write = new Intl.NumberFormat(document.documentElement.lang);
  Object.assign(pen, { font: `600 ${size}px ${style.fontFamily}`, textAlign: "center", textBaseline: "middle" });
  for (const { column, row, entries, ...sum } of squares.values()) {
    if (entries.length < least) continue;
    const text = write.format(entries.length);
    const [wide, tall] = [pen.measureText(text).width / 2 + space, height / 2];
    const [x, y] = [sum.x / entries.length, sum.y / entries.length];
    const within = (value, from, half) => Math.round(Math.min(Math.max(value, from + half), from + side - half));
    let nearest = null;
    for (const { point, latLng } of entries) {
      const away = Math.hypot(point.x - x, point.y - y);
      if (nearest && nearest.away <= away) continue;
      const middle = { x: within(point.x, column * side - left, wide), y: within(point.y, row * side - top, tall) };
      const box = { left: middle.x - wide, right: middle.x + wide, top: middle.y - tall, bottom: middle.y + tall };
      // Half under the symbol of a named place it would be another number.
      if (!covered.some((other) => overlaps(box, other))) nearest = { away, middle, box, latLng };
    }
    if (!nearest) continue;
    const { middle, box, latLng } = nearest;
    Object.assign(pen, { fillStyle: colourOf("var(--card)"), strokeStyle: colourOf("var(--line)"), lineWidth: 1 });
    pen.beginPath();
    pen.roundRect(box.left, box.top, 2 * wide, 2 * tall, 4);
    pen.fill();
    pen.stroke();
    pen.fillStyle = colourOf("var(--ink)");
    pen.fillText(text, middle.x, middle.y + 0.5);
    plates.push({ text, box, latLng });
  }
}

/** The number under the pointer. */
function plateAt(point) {
  return plates.find(({ box }) => overlaps(around(point, 0.5), box)) || null;
}

function dotRadius({ place }) {
  // A few sizes, so that each is drawn once.
  const radius = Math.round(4 * lookOf(place).radius) / 4;
  return state.indicator ? radius : Math.min(radius, page.marks.dot);
}

const stamps = new Map(); // what dots are drawn with -> a drawing of it, kept from one drawing of the map to the next
let sharpness = 0; // how many pixels of theirs a pixel of the page has

/** The drawing of a dot; which one it is changes with its look only. */
function stampFor(entry) {
  const look = lookOf(entry.place);
  if (entry.look !== look) {
    const own = `var(--${hueOf(entry.place)})`;
    const colour = look.growth ? growthColour(look.growth) : own;
    const edge = look.isEdged ? own : "var(--card)";
    const radius = dotRadius(entry);
    Object.assign(entry, { look, paint: { colour, edge, radius, key: `${colour} ${edge} ${look.form} ${radius} ${look.core}` } });
  }
  const { key } = entry.paint;
  if (!stamps.has(key)) stamps.set(key, stampOf(entry.paint, look));
  return stamps.get(key);
}

/** A dot on a canvas of its own, in device pixels. */
function stampOf({ colour, edge, radius }, { form, isHollow, opacity, core }) {
  const stamp = element("canvas");
  const half = Math.ceil((radius + 1) * sharpness);
  stamp.width = stamp.height = 2 * half;
  const pen = stamp.getContext("2d");
  pen.scale(sharpness, sharpness);
  pen.arc(half / sharpness, half / sharpness, radius, 0, 2 * Math.PI);
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
    pen.arc(half / sharpness, half / sharpness, core, 0, 2 * Math.PI);
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
function followDots() {
  followTheme();
  let asked = null;
  map.on("mousemove", ({ layerPoint, originalEvent }) => {
    if (!dots.length || asked || originalEvent.target.closest(".pin, .guests, .leaflet-popup")) return;
    asked = requestAnimationFrame(() => {
      asked = null;
      const plate = plateAt(layerPoint);
      map.getContainer().classList.toggle("on-plate", Boolean(plate));
      hover(plate ? null : dotAt(layerPoint));
    });
  });
}

/** Zoom in on the number under a pointer; tells whether there is one. */
function choosePlate(point) {
  const plate = plateAt(point);
  if (plate) map.setView(plate.latLng, map.getZoom() + 2, { animate: !isStill() });
  return Boolean(plate);
}

function hover(entry) {
  if (entry === hovered) return;
  const before = hovered;
  hovered = entry;
  if (entry) pinUp(entry);
  if (before && pinned.has(before) && before.place.id !== state.place && !isFocused(before) && !named.has(before) && pinned.size > 1) unpin(before);
  keepOneTabStop();
}

let isOnPaper = false;

/** Paper is light, whatever the theme of the page. */
function followPaper(isPrinting) {
  if (isPrinting === isOnPaper) return;
  isOnPaper = isPrinting;
  canvas.style.colorScheme = isPrinting ? "light" : "";
  forgetColours();
}

function forgetColours() {
  colours.clear();
  stamps.clear();
}

/** A canvas does not know of tokens: it is drawn again when they change. */
function followTheme() {
  const redraw = () => {
    forgetColours();
    drawDots();
  };
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

// --- what comes in another way ---

/** The places of a crowd, as columns in the order of the table: values, or which of a few values each row has, or steps from the row before. */
function addColumns({ id: ids, units, lon, lat, areas, ...columns }) {
  const read = ({ of, at }) => at.map((number) => of[number]);
  const [corridor, kind, district, symbol, host, radius] = ["corridor", "kind", "district", "symbol", "host", "radius"].map((name) => read(columns[name]));
  let [x, y] = [0, 0];
  ids.forEach((id, position) => {
    const isLocated = lon[position] !== null;
    if (isLocated) [x, y] = [x + lon[position], y + lat[position]];
    const place = { id, position, corridor: corridor[position], kind: kind[position], district: district[position], symbol: symbol[position], host: host[position], radius: radius[position], area: areas[position] };
    places.set(id, { place, layer: null, latLng: isLocated ? L.latLng(y / units, x / units) : null, marker: null, offset: { x: 0, y: 0 } });
  });
}

/** Their words, which come later: of so many rows from one on. */
function addWords(first, columns) {
  [...places.values()].slice(first, first + columns.name.length).forEach(({ place }, row) => {
    for (const [name, values] of Object.entries(columns)) place[name] = values[row];
  });
}

let words = null; // the promise that they are there

function fetchWords() {
  words ||= Promise.all(page.wordsUrls.map(addScript)).then(() => {
    if (hasWords) return;
    hasWords = true;
    if (map) showWords();
  });
  words.catch(() => (words = null));
  return words;
}

/** Write what waited for the words. */
function showWords() {
  pinned.forEach(describe);
  showFinding();
  layOut();
}

Object.assign(window.atlas, { addColumns, addWords });
