/* What the operator has added to the outline from an extract of OpenStreetMap: roads, railways, water, parks and the borders of townships. It comes in
   pieces, as far as they are in view, and is drawn on small canvases below the names of the reference layer: a city has more lines than a phone can move
   as shapes. Levels, pieces and styles are those of geo/draw/pieces.py. */

const { page, map, state, element, addScript, afterLayout } = window.atlas.shared;

const arrived = new Map(); // name of a piece -> what has come of it
const asked = new Map(); // name of a piece -> the promise that it is there
let local = null; // what there is, as the server says
let sheet = null; // the layer of canvases
const RATIO = Math.min(window.devicePixelRatio || 1, 2);

function addPiece(name, { extent, shapes, names }) {
  arrived.set(name, { extent, names, shapes: shapes.map(([kind, rank, isArea, lines]) => ({ kind, rank, isArea, lines: lines.map(follow) })) });
}

/** From steps to points, with the box that they lie in. */
function follow(steps) {
  const points = new Int32Array(steps.length);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  let [x, y] = [0, 0];
  for (let at = 0; at < steps.length; at += 2) {
    points[at] = x += steps[at];
    points[at + 1] = y += steps[at + 1];
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return { points, box };
}

/** Which level a rounded zoom is drawn from, as geo.draw.pieces.level_of. */
function levelOf(zoom) {
  return local.levels.reduce((found, { zoom: from }, number) => (zoom >= from ? number : found), 0);
}

function fetchPiece(name) {
  if (!asked.has(name)) {
    const coming = addScript(page.pieceUrl.replace("PIECE", name)).then(() => {
      requestAnimationFrame(() => afterLayout.forEach((act) => act()));
    });
    coming.catch(() => asked.delete(name));
    asked.set(name, coming);
  }
  return asked.get(name);
}

let turn = Promise.resolve(); // of the canvases: one after the other, so that a finger can move the map in between

const Sheet = L.GridLayer.extend({
  createTile(coords, done) {
    const canvas = element("canvas");
    const { x: side } = this.getTileSize();
    canvas.width = canvas.height = side * RATIO;
    const { tile } = local.levels[levelOf(coords.z)];
    const shift = 2 ** (coords.z - tile);
    const [column, row] = [Math.floor(coords.x / shift), Math.floor(coords.y / shift)];
    const name = `${levelOf(coords.z)}-${column}-${row}`;
    const end = (error) => done(error, canvas);
    if (!local.pieces.has(name)) {
      setTimeout(end);
      return canvas;
    }
    fetchPiece(name).then(() => {
      turn = turn.then(() => new Promise((resolve) => setTimeout(resolve)));
      turn.then(() => {
        // It may be out of view by now.
        if (canvas.isConnected) draw(canvas, arrived.get(name), side * RATIO * shift, [coords.x - column * shift, coords.y - row * shift], coords.z);
        end();
      });
    }, end);
    return canvas;
  },
});

/** Draw the part of a piece that a canvas shows. */
function draw(canvas, { extent, shapes }, whole, [column, row], zoom) {
  const context = canvas.getContext("2d");
  const side = canvas.width;
  const scale = whole / extent;
  const [left, top] = [column * side, row * side];
  const reach = 8 * RATIO;
  // Canvases of a whole zoom are shown larger or smaller at half of one.
  const stretch = RATIO * local.levels[levelOf(zoom)].weight * 2 ** (zoom - map.getZoom());
  context.lineJoin = context.lineCap = "round";
  for (const { kind, rank, isArea, lines } of shapes) {
    const { widths, dash, opacity } = local.styles[kind];
    context.beginPath();
    for (const { points, box } of lines) {
      if (box[2] * scale < left - reach || box[0] * scale > left + side + reach || box[3] * scale < top - reach || box[1] * scale > top + side + reach) continue;
      context.moveTo(points[0] * scale - left, points[1] * scale - top);
      for (let at = 2; at < points.length; at += 2) context.lineTo(points[at] * scale - left, points[at + 1] * scale - top);
    }
    context.globalAlpha = opacity;
    if (isArea) {
      context.fillStyle = colours[kind];
      context.fill("evenodd");
    } else {
      context.strokeStyle = colours[kind];
      context.lineWidth = widths[rank - 1] * stretch;
      context.lineCap = dash.length ? "butt" : "round";
      context.setLineDash(dash.map((length) => length * stretch));
      context.stroke();
    }
  }
}

let colours = {};

/** The colours as they are in the light or in the dark: a canvas does not follow a style sheet. */
function readColours() {
  const probe = element("span");
  document.body.append(probe);
  colours = Object.fromEntries(
    Object.entries(local.styles).map(([kind, { colour, dark }]) => {
      probe.style.color = colour;
      // A browser that does not know it leaves the light one.
      probe.style.color = `light-dark(${colour}, ${dark})`;
      return [kind, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
}

function addLocal(added) {
  local = { ...added, pieces: new Set(added.pieces), unmarked: new Set(added.unmarked) };
  const [west, south, east, north] = added.box;
  local.bounds = L.latLngBounds([south, west], [north, east]);
  readColours();
  sheet = new Sheet({ pane: "reference", zIndex: -1, bounds: local.bounds, minZoom: map.getMinZoom(), maxZoom: map.getMaxZoom(), keepBuffer: 1, updateWhenZooming: false, className: "local-basemap" });
  const redraw = () => {
    readColours();
    sheet.redraw();
  };
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  afterLayout.unshift(followMap);
  followMap();
}

function followMap() {
  // Tiles in another datum move the drawing of the map, which these canvases do not follow.
  if (page.basemaps[state.basemap].datum === "GCJ02") sheet.remove();
  else if (!map.hasLayer(sheet)) sheet.addTo(map);
  // The rivers and lakes of the outline give way where the extract has them all, as geo.draw.pieces.Local.replaces_water, and once they have come.
  const level = levelOf(Math.round(map.getZoom()));
  const isInside = local.hasWater && level > 0 && map.hasLayer(sheet) && local.bounds.contains(map.getBounds());
  const gives = isInside && inView(level).every((name) => arrived.has(name) || !local.pieces.has(name));
  map.getPane("water").querySelectorAll("path:not(.sea)").forEach((path) => (path.style.display = gives ? "none" : ""));
}

function inView(level) {
  const { tile } = local.levels[level];
  const bounds = map.getBounds();
  const [from, to] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => map.project(corner, tile).divideBy(256).floor());
  const names = [];
  for (let x = from.x; x <= to.x; x += 1) {
    for (let y = from.y; y <= to.y; y += 1) names.push(`${level}-${x}-${y}`);
  }
  return names;
}

/** The names of the pieces in view, as the reference layer takes its own. */
function localLabels() {
  if (!local || !map.hasLayer(sheet)) return [];
  const found = inView(levelOf(Math.round(map.getZoom()))).flatMap((name) => {
    const piece = arrived.get(name);
    if (!piece) return [];
    piece.labels ||= piece.names.map(([zh, en, kind, zoom, lon, lat]) => ({ text: (page.language === "en" && en) || zh, kind, zoom, latLng: [lat, lon], hasMark: !local.unmarked.has(kind) }));
    return piece.labels;
  });
  return found.sort((a, b) => a.zoom - b.zoom);
}

Object.assign(window.atlas, { addPiece });
Object.assign(window.atlas.shared, { addLocal, localLabels });
