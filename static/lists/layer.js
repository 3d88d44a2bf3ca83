/* The rows on the map: a layer of its own. Rows that are known to the same point are one symbol with their number; what is only known to a division is hollow. */

let layer = null;
let circle = null;
const spots = new Map(); // point -> {rows, marker}

const keyOf = (row) => `${row.lon},${row.lat}`;
const isCoarse = (row) => groupOf(row) !== "exact";

function clearSpots() {
  if (layer) layer.clearLayers();
  spots.clear();
  if (circle) circle.remove();
  circle = null;
}

/** Draw the rows of an answer beside those that are there. */
function drawRowsOnMap(rows, choose) {
  if (!layer) {
    // Above the symbols of the atlas, below its popups.
    tools.map.createPane("own").style.zIndex = 640;
    layer = L.layerGroup().addTo(tools.map);
  }
  const changed = new Set();
  for (const row of rows) {
    if (row.status !== "match") continue;
    const key = keyOf(row);
    if (!spots.has(key)) spots.set(key, { rows: [], marker: null });
    spots.get(key).rows.push(row);
    changed.add(key);
  }
  changed.forEach((key) => drawSpot(spots.get(key), choose));
}

/** Take a row from where it was drawn, before it is put right. */
function removeFromMap(row, choose) {
  const spot = row.status === "match" && spots.get(keyOf(row));
  if (!spot) return;
  spot.rows = spot.rows.filter((other) => other !== row);
  if (spot.rows.length) drawSpot(spot, choose);
  else {
    spot.marker.remove();
    spots.delete(keyOf(row));
  }
}

function drawSpot(spot, choose) {
  const [row] = spot.rows;
  const count = spot.rows.length;
  // The area of a symbol grows with the number of its rows, up to where it would hide its surroundings.
  const size = Math.round(2 * Math.min(22, 6 + 2.4 * Math.log2(count)));
  const face = tools.element("span", `own-spot${isCoarse(row) ? " hollow" : ""}`, count > 1 ? String(count) : "");
  const icon = L.divIcon({ html: face, className: "own-marker", iconSize: [Math.max(size, 12), Math.max(size, 12)] });
  const title = fill(isCoarse(row) ? `${words.shared} · ${words.onlyKnown}` : words.shared, { count, name: row.name });
  if (spot.marker) {
    spot.marker.setIcon(icon).getElement().title = title;
    return;
  }
  // By keyboard the rows are reached in the table, which leads here.
  spot.marker = L.marker([row.lat, row.lon], { icon, title, keyboard: false, pane: "own", riseOnHover: true }).addTo(layer);
  spot.marker.on("click", () => choose(spot));
}

/** Show a row: the circle that it lies in, in view. */
function showRow(row) {
  if (circle) circle.remove();
  circle = L.circle([row.lat, row.lon], { radius: row.radius || 0, className: "own-circle", interactive: false }).addTo(tools.map);
  tools.map.fitBounds(circle.getBounds(), { ...roomBeside(), maxZoom: 16, animate: !tools.isStill() });
}

/** What the panel leaves of the map. */
function roomBeside() {
  const { paddingTopLeft, paddingBottomRight } = tools.margins();
  return { paddingTopLeft, paddingBottomRight: [paddingBottomRight[0], Math.max(paddingBottomRight[1], panel.offsetHeight + 16)] };
}

function showAllRows() {
  if (!spots.size) return;
  tools.map.fitBounds(L.latLngBounds([...spots.values()].map(({ marker }) => marker.getLatLng())), { ...roomBeside(), maxZoom: 13, animate: !tools.isStill() });
}
