/* The reference layer: metro, landmarks, townships and the names of water, by which a stranger finds his way. It comes once the places are drawn, lies below
   them and gives way to them. */

const { page, map, state, element, remember, afterLayout, addScript, overlaps, around, isInView, boxesOf, FURNITURE } = window.atlas.shared;

let reference = null; // what the server gives, and what is drawn of it
const ITALIC = new Set(["river", "lake", "canal"]);

function addReference({ units, size, corners, beside, metro, courses, labels, local }) {
  const pairs = (whole) => Array.from({ length: whole.length / 2 }, (_, number) => [whole[2 * number + 1] / units, whole[2 * number] / units]);
  map.createPane("reference").style.zIndex = 315;
  const lines = L.polyline(metro.lines.map(pairs), { className: "shape-line metro-line", interactive: false, pane: "reference", renderer: L.svg({ pane: "reference" }) });
  const box = element("div", "reference leaflet-zoom-hide");
  box.setAttribute("aria-hidden", "true");
  map.getPane("reference").append(box);
  reference = {
    size,
    corners,
    beside,
    metro: { ...metro, lines },
    box,
    courses: courses.map(([text, kind, zoom, points, isWide]) => ({ text, kind, zoom, points: pairs(points), isWide })),
    labels: labels.map(([text, kind, zoom, lon, lat, hasMark]) => ({ text, kind, zoom, latLng: [lat / units, lon / units], hasMark })),
  };
  const choice = document.getElementById("metro");
  choice.addEventListener("change", () => {
    state.metro = choice.checked;
    remember("pushState");
    drawReference();
  });
  afterLayout.push(drawReference);
  if (local) window.atlas.shared.addLocal(local);
  drawReference();
}

const OWN = ".pin .shape, .guests .shape, .pin-label:not(.off), .place-name span:not(.off), .axis-name span:not(.off)";

/** Lay the names out anew, those of rivers first, then the others in their order; as geo/draw/reference.py does for a picture. */
function drawReference() {
  const zoom = map.getZoom();
  const { box, size, metro } = reference;
  document.getElementById("metro").checked = state.metro;
  if (state.metro && zoom >= metro.zoom) metro.lines.addTo(map);
  else metro.lines.remove();
  const taken = boxesOf(`${OWN}, ${FURNITURE}`);
  const isFree = (place) => isInView(place) && !taken.some((other) => overlaps(place, other));
  const written = document.createDocumentFragment();
  for (const course of reference.courses) {
    const spot = zoom >= course.zoom && spotAlong(course, widthOf(course.text, size) * 1.4, isFree);
    if (!spot) continue;
    taken.push(spot.box);
    const name = piece("course", course.kind, spot.x, spot.y, course.text);
    name.style.transform += ` translate(-50%, -50%) rotate(${spot.angle}rad)`;
    written.append(name);
  }
  const texts = new Set();
  for (const label of [...reference.labels, ...window.atlas.shared.localLabels()]) {
    const isStation = label.kind === "metro";
    if (zoom < (isStation ? metro.stations : label.zoom) || (isStation && !state.metro)) continue;
    const { x, y } = map.latLngToLayerPoint(label.latLng);
    // A square and its station may bear one name.
    if (!isInView(around({ x, y }, 0)) || texts.has(label.text)) continue;
    const wide = widthOf(label.text, size);
    const places = (label.hasMark ? reference.corners : [[0.5, 0, 0]]).map(([share, right, down]) => {
      const left = x - share * wide + right;
      return { left, right: left + wide, top: y + down - 8, bottom: y + down + 8 };
    });
    const place = zoom >= label.zoom && places.find(isFree);
    if (!place && !isStation) continue;
    if (label.hasMark) written.append(piece("mark", label.kind, x, y, ""));
    if (!place) continue;
    taken.push(place);
    texts.add(label.text);
    const name = piece("name", label.kind, (place.left + place.right) / 2, (place.top + place.bottom) / 2, label.text);
    name.style.transform += " translate(-50%, -50%)";
    written.append(name);
  }
  box.replaceChildren(written);
}

function piece(form, kind, x, y, text) {
  const span = element("span", `${form} ${ITALIC.has(kind) ? "water-name" : kind}`);
  span.append(element("bdi", "", text));
  span.style.transform = `translate(${x}px, ${y}px)`;
  return span;
}

/** As geo.draw.placement.text_width: a Chinese character is as wide as it is high, another about half of that. */
function widthOf(text, size) {
  return [...text].reduce((sum, character) => sum + (character > "\u2e7f" ? size : 0.56 * size), 0);
}

/** Find the longest stretch of a line that is in view and free; the name is between its banks, or beside the line. */
function spotAlong({ points, isWide }, wide, isFree) {
  const { zoom, distance } = reference.beside;
  const aside = isWide && map.getZoom() >= zoom ? 0 : distance;
  const spots = points.map((latLng) => map.latLngToLayerPoint(latLng));
  const stretches = spots.slice(1).map((end, position) => [spots[position], end]);
  const long = ([start, end]) => Math.hypot(end.x - start.x, end.y - start.y);
  stretches.sort((a, b) => long(b) - long(a));
  for (const share of [0.5, 0.25, 0.75]) {
    for (const [start, end] of stretches) {
      const slope = Math.atan2(end.y - start.y, end.x - start.x);
      const angle = Math.abs(slope) > Math.PI / 2 ? slope - Math.sign(slope) * Math.PI : slope;
      const [x, y] = [start.x + (end.x - start.x) * share - Math.sin(angle) * aside, start.y + (end.y - start.y) * share + Math.cos(angle) * aside];
      const half = { x: (Math.abs(Math.cos(angle)) * wide) / 2 + Math.abs(Math.sin(angle)) * 8, y: (Math.abs(Math.sin(angle)) * wide) / 2 + Math.abs(Math.cos(angle)) * 8 };
      const box = { left: x - half.x, right: x + half.x, top: y - half.y, bottom: y + half.y };
      if (isFree(box)) return { x, y, angle, box };
    }
  }
  return null;
}

window.atlas.addReference = addReference;
addScript(page.referenceUrl).catch(() => {});
