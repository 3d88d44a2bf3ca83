/* A long list of the reader's own: counts first, its rows once the map is near enough, as dots and as a table. */

const PAGE = 100; // rows of the table
const PIECE = 1000; // rows that are asked for at a time
const MOST_DOTS = 5000; // of a view; where there are more, they stay counts
const COLUMNS = 5; // of the list's own
const COARSE = ["township", "district", "city"];

let own = null; // what the server says of the list, and what is drawn of it

const fill = (phrase, values) => phrase.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const filled = (phrase, values) => fill(phrase, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, number.format(value)])));

async function ask(address, token, signal) {
  const answer = await fetch(address, { method: "POST", headers: { "X-Atlas-List": token }, signal });
  if (!answer.ok) throw new Error(answer.status);
  return answer;
}

async function openCounted(about, token) {
  // Above the symbols of the atlas, below its popups.
  if (!map.getPane("counted")) map.createPane("counted").style.zIndex = 640;
  own = { about, token, rows: [], matched: 0, offset: 0, point: null, groups: null, asking: null, words: null, box: null };
  own.layer = densityLayer({
    pane: "counted",
    colour: "--own",
    tilesOf: fetchedTiles(
      (key) => ask(own.about.tiles.replace("{z}/{x}/{y}", key), token).then((answer) => answer.arrayBuffer()),
      () => own?.layer.redraw(),
      () => own?.words && say(own.words.failed),
    ),
  });
  own.dots = element("canvas", "density-dots");
  const style = element("link");
  style.rel = "stylesheet";
  style.href = page.ownList.style;
  const styled = new Promise((resolve) => style.addEventListener("load", resolve));
  document.head.append(style);
  // The numbers do not wait for the panel.
  const panel = fetch(`${about.panel}?lang=${page.language}`).then((answer) => answer.text());
  await styled;
  showWhole();
  own.layer.draw();
  map.on("moveend", follow);
  map.on("click", nearer);
  drawPanel(new DOMParser().parseFromString(await panel, "text/html"));
  follow();
}

function showWhole() {
  if (!own.about.bounds) return;
  const [west, south, east, north] = own.about.bounds;
  map.fitBounds([[south, west], [north, east]], { ...roomBeside(), animate: false });
}

/** What the panel leaves of the map. */
function roomBeside() {
  const { paddingTopLeft, paddingBottomRight } = margins();
  return { paddingTopLeft, paddingBottomRight: [paddingBottomRight[0], Math.max(paddingBottomRight[1], (own.box ? own.box.offsetHeight : 90) + 16)] };
}

function drawPanel(parsed) {
  own.box = document.adoptNode(parsed.getElementById("own-density-panel"));
  own.words = JSON.parse(own.box.querySelector("#own-density-words").textContent);
  own.box.querySelector(".own-described").replaceChildren(element("bdi", "", own.about.name));
  own.box.querySelector(".own-counted").textContent = filled(own.words.counted, own.about);
  own.box.querySelector(".own-why").replaceChildren(element("bdi", "", whyOf(own.about.location)));
  own.box.querySelector(".own-close").addEventListener("click", close);
  own.box.querySelector("[data-act=whole]").addEventListener("click", showWhole);
  own.box.querySelector("[data-act=before]").addEventListener("click", () => turn(-PAGE));
  own.box.querySelector("[data-act=after]").addEventListener("click", () => turn(PAGE));
  document.querySelector("main.map").after(own.box);
  document.body.classList.add("has-own-list");
}

/** What says where the rows lie: their geometry, the geocoder, or two columns. */
function whyOf(columns) {
  const [first, second] = columns;
  return fill(own.words.located[second === undefined ? "geometry" : first === "geo_lon" ? "geocoded" : "columns"], { first, second });
}

function close() {
  map.off("moveend", follow);
  map.off("click", nearer);
  if (own.asking) own.asking.abort();
  own.layer.remove();
  clearDots();
  if (own.circle) own.circle.remove();
  own.box.remove();
  document.body.classList.remove("has-own-list");
  own = null;
}

function say(text) {
  own.box.querySelector(".own-status").textContent = text;
}

/** A click on a block leads to what its number counts. */
function nearer({ layerPoint, latlng, originalEvent }) {
  if (originalEvent.target.closest(".pin, .guests, .leaflet-popup, .leaflet-control")) return;
  if (map.getZoom() >= own.about.featuresFromZoom && own.groups) {
    choosePoint(layerPoint);
    return;
  }
  if (own.layer.blockAt(layerPoint)) map.setView(latlng, Math.min(map.getZoom() + 2, own.about.featuresFromZoom), { animate: !isStill() });
}

/** Show what belongs to the view: counts, or rows. */
async function follow() {
  if (own.asking) own.asking.abort();
  own.layer.drawSoon();
  Object.assign(own, { rows: [], matched: 0, offset: 0, point: null });
  clearDots();
  if (map.getZoom() < own.about.featuresFromZoom) {
    drawTable();
    say(fill(own.words.closer, { zoom: own.about.featuresFromZoom }));
    return;
  }
  const asking = new AbortController();
  own.asking = asking;
  const clamp = (degrees, most) => Math.max(-most, Math.min(most, degrees)).toFixed(6);
  const bounds = map.getBounds();
  const bbox = [clamp(bounds.getWest(), 180), clamp(bounds.getSouth(), 90), clamp(bounds.getEast(), 180), clamp(bounds.getNorth(), 90)].join(",");
  own.bbox = bbox;
  try {
    do {
      const found = await readRows(bbox, own.rows.length, PIECE, asking.signal);
      if (asking.signal.aborted) return;
      own.rows.push(...found.features);
      own.matched = found.numberMatched;
      drawTable();
      if (!found.features.length) break;
    } while (own.rows.length < own.matched && own.matched <= MOST_DOTS);
    if (own.rows.length === own.matched) drawDots();
    say(filled(own.words.inView, { count: own.matched }));
  } catch (error) {
    if (error.name !== "AbortError" && own) say(own.words.failed);
  }
}

async function readRows(bbox, offset, limit, signal) {
  return (await ask(`${own.about.rowsUrl}?bbox=${bbox}&limit=${limit}&offset=${offset}`, own.token, signal)).json();
}

// --- dots ---

function clearDots() {
  own.groups = null;
  if (own.sheet) own.sheet.remove();
  own.sheet = null;
}

/** Draw the rows of the view, those of one point as one dot with their number; what is only known to a division is hollow. */
function drawDots() {
  clearDots();
  const groups = new Map();
  for (const row of own.rows) {
    const key = row.geometry.coordinates.join();
    if (!groups.has(key)) groups.set(key, { rows: [], latLng: L.latLng(row.geometry.coordinates[1], row.geometry.coordinates[0]) });
    groups.get(key).rows.push(row);
  }
  own.groups = [...groups.values()].sort((a, b) => b.rows.length - a.rows.length);
  own.layer.remove();
  const size = map.getSize();
  const origin = map.containerPointToLayerPoint([0, 0]);
  const sharp = Math.min(window.devicePixelRatio || 1, 2);
  Object.assign(own.dots, { width: size.x * sharp, height: size.y * sharp });
  own.sheet = L.svgOverlay(own.dots, map.getBounds(), { pane: "counted" }).addTo(map);
  const pen = own.dots.getContext("2d");
  pen.scale(sharp, sharp);
  Object.assign(pen, { lineWidth: 2, font: `600 ${LETTERS}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle" });
  const [hue, letters, ground] = ["--own", "--on-own", "--card"].map((name) => colourOf(own.dots, name));
  for (const group of own.groups) {
    const { x, y } = map.latLngToLayerPoint(group.latLng).subtract(origin);
    const count = group.rows.length;
    const radius = count > 1 ? Math.max(Math.min(22, 6 + 1.2 * Math.log2(count)), number.format(count).length * 3.6 + 3) : 5;
    Object.assign(group, { x: x + origin.x, y: y + origin.y, radius });
    const isHollow = COARSE.includes(group.rows[0].properties.geo_level);
    pen.fillStyle = isHollow ? ground : hue;
    pen.strokeStyle = isHollow ? hue : ground;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
    pen.fillStyle = isHollow ? hue : letters;
    if (count > 1) pen.fillText(number.format(count), x, y);
  }
  own.dots.dataset.count = own.rows.length;
}

function choosePoint(point) {
  const hit = own.groups.find(({ x, y, radius }) => Math.hypot(x - point.x, y - point.y) <= Math.max(radius, 12));
  own.point = hit ? hit.rows : null;
  own.offset = 0;
  drawTable();
  if (hit) say(filled(own.words.atPoint, { count: hit.rows.length }));
}

function showRow({ geometry, properties }) {
  const [lng, lat] = geometry.coordinates;
  if (own.circle) own.circle.remove();
  own.circle = L.circle([lat, lng], { radius: Number(properties.geo_uncertainty_m) || 30, className: "own-circle", interactive: false }).addTo(map);
  map.fitBounds(own.circle.getBounds(), { ...roomBeside(), maxZoom: 17, animate: !isStill() });
}

// --- the table ---

async function turn(rows) {
  own.offset += rows;
  if (!own.point && own.offset + PAGE > own.rows.length && own.rows.length < own.matched) {
    const bbox = own.bbox;
    const more = await readRows(bbox, own.rows.length, PIECE).catch(() => null);
    // The map has gone on, or the list is closed.
    if (!own || own.bbox !== bbox) return;
    if (more) own.rows.push(...more.features);
    else say(own.words.failed);
  }
  drawTable();
  own.box.querySelector(".own-scroll").scrollTop = 0;
}

function drawTable() {
  const box = own.box.querySelector(".own-step");
  const rows = own.point || own.rows;
  const all = own.point ? own.point.length : own.matched;
  box.hidden = !rows.length;
  if (!rows.length) return;
  const names = Object.keys(rows[0].properties);
  const columns = [...names.filter((name) => !name.startsWith("geo_")).slice(0, COLUMNS), ...names.filter((name) => name === "geo_name")];
  const headings = [own.words.row, ...columns].map((name) => {
    const cell = element("th");
    cell.scope = "col";
    cell.append(element("bdi", "", name));
    return cell;
  });
  const head = element("tr");
  head.append(...headings);
  box.querySelector("thead").replaceChildren(head);
  const page = rows.slice(own.offset, own.offset + PAGE);
  box.querySelector("tbody").replaceChildren(...page.map((row) => rowOf(row, columns)));
  const range = { first: own.offset + 1, last: own.offset + page.length, all };
  box.querySelector(".range").textContent = filled(own.words.range, range);
  box.querySelector("[data-act=before]").disabled = own.offset === 0;
  box.querySelector("[data-act=after]").disabled = range.last >= all;
}

function rowOf(row, columns) {
  const made = element("tr");
  const head = element("th");
  head.scope = "row";
  const show = element("button", "own-show", number.format(row.id));
  show.type = "button";
  show.setAttribute("aria-label", fill(own.words.show, { row: row.id }));
  show.addEventListener("click", () => showRow(row));
  head.append(show);
  const cells = columns.map((name) => {
    const cell = element("td");
    cell.append(element("bdi", "", [...String(row.properties[name] ?? "")].slice(0, 120).join("")));
    return cell;
  });
  made.append(head, ...cells);
  return made;
}

window.atlas.openCounted = openCounted;
