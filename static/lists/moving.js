/* A row that is put right by its point: dragged with a mouse or a finger, or moved by the arrow keys, and kept with Enter. */

let moving = null; // {row, marker, opener}

const STEP = 10; // pixels; with Shift 1
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const degrees = (value) => value.toFixed(5);

/** Begin to move the point of a row; one that has none begins in the middle of what the panel leaves of the map. */
function startMoving(row) {
  endMoving();
  const { map } = tools;
  document.body.classList.add("moves-own-row");
  panel.querySelector(".own-moving").hidden = false;
  panel.querySelector(".own-moving-help").textContent = fill(words.moving, row);
  const at = row.status === "match" ? L.latLng(row.lat, row.lon) : middleBeside();
  map.fitBounds(L.latLngBounds([at, at]), { ...roomBeside(), maxZoom: Math.max(map.getZoom(), 13), animate: false });
  const icon = L.divIcon({ html: tools.element("span", "own-handle"), className: "own-marker", iconSize: [28, 28] });
  const title = fill(words.moveLabel, row);
  const marker = L.marker(at, { icon, title, draggable: true, autoPan: true, pane: "own", zIndexOffset: 1000 }).addTo(map);
  moving = { row, marker };
  marker.on("drag dragend", sayWhere);
  const handle = marker.getElement();
  handle.setAttribute("aria-label", title);
  handle.addEventListener("keydown", pressed);
  sayWhere();
  handle.focus({ preventScroll: true });
}

function middleBeside() {
  const { map } = tools;
  const { paddingTopLeft, paddingBottomRight } = roomBeside();
  const middle = L.point(paddingTopLeft).add(map.getSize().subtract(L.point(paddingBottomRight))).divideBy(2);
  return map.containerPointToLatLng(middle);
}

function sayWhere() {
  const { lat, lng } = moving.marker.getLatLng();
  say(fill(words.at, { row: moving.row.row, lon: degrees(lng), lat: degrees(lat) }));
}

function pressed(event) {
  const way = WAYS[event.key];
  if (!way && event.key !== "Enter" && event.key !== "Escape") return;
  // The map and the page have these keys, too.
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Enter") keepMoved();
  else if (event.key === "Escape") leaveMoved();
  else {
    const { map } = tools;
    const step = event.shiftKey ? 1 : STEP;
    const to = map.latLngToContainerPoint(moving.marker.getLatLng()).add(L.point(way).multiplyBy(step));
    moving.marker.setLatLng(map.containerPointToLatLng(to));
    if (!map.getBounds().pad(-0.1).contains(moving.marker.getLatLng())) map.panTo(moving.marker.getLatLng(), { animate: false });
    sayWhere();
  }
}

function endMoving() {
  if (!moving) return null;
  const { row, marker } = moving;
  const { lat, lng } = marker.getLatLng();
  marker.remove();
  moving = null;
  document.body.classList.remove("moves-own-row");
  panel.querySelector(".own-moving").hidden = true;
  return { row, lon: Number(degrees(lng)), lat: Number(degrees(lat)) };
}

function keepMoved() {
  const { row, lon, lat } = endMoving();
  const { corrected = "", division = "" } = list.corrections.get(row.row) || {};
  const isLeftOut = corrected === "x" && !division;
  mend(row, { corrected: isLeftOut ? "" : corrected, division, lon, lat });
}

function leaveMoved() {
  const { row } = endMoving();
  say("");
  focusRow(row);
}

/** What a row is that has been put somewhere: its divisions stay as they are known, and nobody says how far off the point may be. */
function movedAnswer(row, { lon, lat }) {
  const { asked, district, township } = row;
  return { asked, status: "match", level: "address", precision: "corrected_by_hand", method: "corrected_by_hand", lon, lat, name: row.name || asked, district, township };
}
