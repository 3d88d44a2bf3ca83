/* Where there are more places than a reader can tell apart, symbols are dots on a canvas; the few that are near, focused or selected stay pins. Part of the
   script of such sites only. */

const MARGIN = 0.2; // how far beyond the view dots are drawn, as a share of it
const MOST_NAMED = 12; // of the dots that are compared, so many are named, from the largest
const CELL = 72; // side of the squares in which dots are counted, in pixels
const LEAST_COUNTED = 20; // from so many in a square on, their number is written

let named = new Set(); // the pins that are named though they stand among dots
let plates = []; // the numbers among the dots: {text, box, latLng}
const canvas = element("canvas", "dots");
let sheetOfDots = null;

/** Decide which of many places are dots; gives those that may be pins. */
function chooseAmong(located) {
  const view = map.getBounds().pad(MARGIN);
  const near = located.filter((entry) => view.contains(entry.latLng));
  isThick = near.length > page.marks.crowd;
  named = new Set(isThick ? largestOf(near) : []);
  dots = isThick ? inOrder(located) : [];
  const crowded = document.getElementById("crowded");
  crowded.hidden = !isThick;
  crowded.textContent = page.phrases.crowded.replace("{count}", located.length);
  if (located.length <= page.marks.crowd) return located;
  const wanted = isThick ? located.filter((entry) => named.has(entry) || isLookedAt(entry)) : near;
  return wanted.length || !near.length ? wanted : [nearestTo(map.getCenter(), near)];
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
  return state.indicator && hasWords ? entries.filter(hasFigure).sort(fromLargest).slice(0, MOST_NAMED) : [];
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
  canvas.width = width * density;
  canvas.height = height * density;
  const bounds = L.latLngBounds(map.layerPointToLatLng(origin), map.layerPointToLatLng(origin.add([width, height])));
  if (!map.getPane("dots")) map.createPane("dots").style.zIndex = 450;
  if (sheetOfDots) sheetOfDots.setBounds(bounds);
  else sheetOfDots = L.svgOverlay(canvas, bounds, { pane: "dots" });
  if (!map.hasLayer(sheetOfDots)) sheetOfDots.addTo(map);
  const pen = canvas.getContext("2d");
  const stamps = new Map();
  const drawn = new Set();
  for (const entry of dots) {
    const [x, y] = [entry.point.x - origin.x, entry.point.y - origin.y];
    const look = lookOf(entry.place);
    const radius = dotRadius(entry);
    if (x < -radius || y < -radius || x > width + radius || y > height + radius) continue;
    const own = `var(--${hueOf(entry.place)})`;
    const colour = look.growth ? growthColour(look.growth) : own;
    const edge = look.isEdged ? own : "var(--card)";
    const key = `${colour} ${edge} ${look.form} ${radius} ${look.core}`;
    // The same on the same pixel is drawn already.
    const spot = `${Math.round(x)} ${Math.round(y)} ${key}`;
    if (drawn.has(spot)) continue;
    drawn.add(spot);
    if (!stamps.has(key)) stamps.set(key, stampOf(colour, edge, look, radius, density));
    const stamp = stamps.get(key);
    pen.drawImage(stamp, Math.round(x * density - stamp.width / 2), Math.round(y * density - stamp.height / 2));
  }
  pen.scale(density, density);
  pen.translate(-origin.x, -origin.y);
  drawPlates(pen);
}

/** Write how many dots there are in each square that holds many: on a plate within the square, over the dot that is nearest to the middle of them. */
function drawPlates(pen) {
  // The squares stay where they are when the map is moved.
  const { x: left, y: top } = map.getPixelOrigin();
  const squares = new Map();
  for (const entry of dots) {
    const { x, y } = entry.point;
    const [column, row] = [Math.floor((x + left) / CELL), Math.floor((y + top) / CELL)];
    const key = `${column} ${row}`;
    if (!squares.has(key)) squares.set(key, { column, row, entries: [], x: 0, y: 0 });
    const square = squares.get(key);
    square.entries.push(entry);
    square.x += x;
    square.y += y;
  }
  const covered = [...named].map((entry) => around(entry.point, radiusOf(entry.place) + 2));
  const style = getComputedStyle(map.getContainer());
  const write = new Intl.NumberFormat(document.documentElement.lang);
  Object.assign(pen, { font: `600 11px ${style.fontFamily}`, textAlign: "center", textBaseline: "middle" });
  for (const { column, row, entries, ...sum } of squares.values()) {
    if (entries.length < LEAST_COUNTED) continue;
    const text = write.format(entries.length);
    const [wide, tall] = [pen.measureText(text).width / 2 + 5, 8];
    const [x, y] = [sum.x / entries.length, sum.y / entries.length];
    const within = (value, least, half) => Math.round(Math.min(Math.max(value, least + half), least + CELL - half));
    let nearest = null;
    for (const { point, latLng } of entries) {
      const away = Math.hypot(point.x - x, point.y - y);
      if (nearest && nearest.away <= away) continue;
      const middle = { x: within(point.x, column * CELL - left, wide), y: within(point.y, row * CELL - top, tall) };
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

/** A canvas does not know of tokens: it is drawn again when they change. */
function followTheme() {
  const redraw = () => {
    colours.clear();
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
