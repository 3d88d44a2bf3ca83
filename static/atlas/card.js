/* Selection: the card of a place, in a popup beside its symbol or, on a narrow screen, in the sheet. */

const cards = new Map(); // id -> the promise of its words

let popup = null;
let corridorCard = null;
let turn = 0; // counts what was asked to be opened or closed: what comes after something newer was asked for opens nothing
let disc = null;
let glance = null;
let opener = null;

/** The words of a place, asked for once; asking again is allowed where the answer failed. */
function fetchCard(id) {
  if (!cards.has(id)) {
    const words = (frozen.read || fetch)(page.cardUrl.replace("ID", encodeURIComponent(id))).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.status))));
    words.catch(() => cards.delete(id));
    cards.set(id, words);
  }
  return cards.get(id);
}

/** Whoever points at a row or a symbol is likely to open it. */
function fetchAhead(event) {
  const row = event.target.closest("[data-id]");
  if (row) fetchCard(row.dataset.id);
}

function drawFigure(figure) {
  const row = element("tr");
  const head = element("th");
  head.scope = "row";
  const notes = element("span", "notes");
  notes.append(element("bdi", "", [figure.period, figure.rank].filter(Boolean).join(" · ")), " · ", link(figure.href, "", figure.where));
  const label = element("span", "label");
  label.append(element("bdi", "", figure.label));
  head.append(label, notes);
  const cell = element("td");
  if (figure.value) {
    cell.append(element("span", "value", figure.value), " ", element("span", "unit", figure.unit), " ");
  }
  if (figure.growth) {
    const growth = element("span", `growth ${figure.growth_sign > 0 ? "up" : figure.growth_sign < 0 ? "down" : ""}`);
    growth.append(element("span", "visually-hidden", page.phrases.growth), figure.growth);
    cell.append(growth);
  }
  if (figure.share !== null) {
    const [low, high] = figure.share;
    const bar = svgElement("svg", { class: "bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" });
    bar.append(svgElement("rect", { width: 100 * low, height: 4 }));
    if (high > low) bar.append(svgElement("rect", { class: "span", x: 100 * low, width: 100 * (high - low), height: 4 }));
    cell.append(bar);
  }
  if (figure.planned) cell.append(element("span", "planned", figure.planned));
  if (figure.doubt) cell.append(element("span", "doubt", figure.doubt));
  row.append(head, cell);
  return row;
}

const OPEN_FIGURES = 3; // of a card; the others are folded

function drawFigures(figures) {
  const table = element("table", "figures");
  table.append(element("caption", "visually-hidden", page.phrases.figures));
  const body = element("tbody");
  body.append(...figures.map(drawFigure));
  table.append(body);
  return table;
}

/** The figures that tell less, which a reader unfolds; the card stays whole in view. */
function foldFigures(figures) {
  const more = element("details", "more");
  more.append(element("summary", "", page.phrases.moreFigures[figures.length === 1 ? 0 : 1].replace("{count}", figures.length)), drawFigures(figures));
  more.addEventListener("toggle", () => {
    if (popup) bringWhole(popup, popup.getLatLng(), true);
  });
  return more;
}

/** The same card as templates/place.html, from the same words; of a card that did not come, the name and the way to its page. */
function drawCard(place, card) {
  const box = element("div", "popup");
  box.setAttribute("role", "dialog");
  // Of a crowd it may come before the words do.
  const name = place.name || (card ? card.name : place.id);
  box.setAttribute("aria-label", name);
  box.tabIndex = -1;
  const title = element("h2");
  title.append(element("bdi", "", name));
  box.append(title);
  const actions = element("p", "actions");
  actions.append(link(page.placeUrl.replace("ID", encodeURIComponent(place.id)), "button", page.phrases.page));
  if (!card) {
    box.append(element("p", "nothing", page.phrases.noCard), actions);
    return box;
  }
  const other = element("p", "other-name");
  other.append(element("bdi", "", card.other_name));
  const chips = element("p", "chips");
  for (const { corridor, text } of card.chips) {
    const chip = element("span", corridor ? `chip corridor-${corridor}` : "chip");
    chip.append(element("bdi", "", text));
    chips.append(chip);
  }
  box.append(other, chips);
  if (card.focus) {
    const focus = element("p", "focus");
    focus.append(element("bdi", "", card.focus));
    box.append(focus);
  }
  if (card.figures.length) {
    box.append(drawFigures(card.figures.slice(0, OPEN_FIGURES)));
    if (card.figures.length > OPEN_FIGURES) box.append(foldFigures(card.figures.slice(OPEN_FIGURES)));
  } else {
    box.append(element("p", "nothing", page.phrases.noFigures));
  }
  const located = element("p", "located");
  located.append(element("bdi", "", card.located), " · ", link(card.sourceHref, "", card.named));
  box.append(located);
  if (card.beyond_report) box.append(element("p", "located", card.beyond_report));
  const data = link(card.geojsonHref, "button", "GeoJSON");
  data.setAttribute("download", "");
  actions.append(data);
  if (navigator.clipboard) {
    const copy = element("button", "button", page.phrases.copy);
    copy.type = "button";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(location.href);
      copy.textContent = page.phrases.copied;
    });
    actions.append(copy);
  }
  box.append(actions);
  return box;
}

/** Open the card of a place, or close what is open. */
async function select(id, { push = false, focus = false, from = null, animate = true } = {}) {
  const own = (turn += 1);
  // What has been left out since it was offered, or since it was in the address, has no symbol to show.
  const entry = (id && shown.find(({ place }) => place.id === id)) || null;
  if (!entry) id = null;
  if (entry && entry.latLng) pinUp(entry);
  if (push && focus) opener = { id, element: from || (entry && entry.latLng ? entry.marker.getElement() : null) };
  const before = state.place;
  state.place = id;
  // Before the map moves: the end of a move is remembered as well.
  if (before !== id) remember(push ? "pushState" : "replaceState");
  close();
  markCurrent();
  if (entry && entry.latLng) {
    entry.marker.getElement().classList.add("selected");
    glanceAt(null);
    disc = extentOn(entry);
    const card = await fetchCard(id).catch(() => null);
    if (own !== turn) return;
    const box = drawCard(entry.place, card);
    if (hasSheet()) showInSheet(box, entry, animate);
    else showInPopup(box, entry, animate);
    if (focus) box.focus({ preventScroll: true });
  }
  if (!id && push && opener) giveFocusBack();
}

/** Give the focus back to what opened the card, or to the row that was drawn in its stead. */
function giveFocusBack() {
  const { id, element: before } = opener;
  const target = before && before.isConnected ? before : document.querySelector(`#list [data-id="${CSS.escape(id)}"] a`);
  if (target) target.focus({ preventScroll: true });
}

/** Draw how far a place may lie from its point; of a district or a city, which is an area and no point, its outline. */
function extentOn({ place, latLng }) {
  const look = { className: `uncertainty corridor-${place.corridor}`, interactive: false, pane: "ties" };
  if (!place.area) return L.circle(latLng, { ...look, radius: place.radius }).addTo(map);
  const outlines = place.area.map((number) => districts[number].getLatLngs());
  return L.layerGroup(outlines.map((outline) => L.polygon(outline, { ...look, className: `area-outline corridor-${place.corridor}` }))).addTo(map);
}

/** Show the same of what is pointed at or focused. */
function glanceAt(entry) {
  if (glance) glance.remove();
  glance = entry && entry.place.id !== state.place ? extentOn(entry) : null;
}

function close() {
  closeChoice();
  if (corridorCard) corridorCard.remove();
  if (popup) {
    const old = popup;
    popup = null;
    map.closePopup(old);
  }
  closeSheet();
  if (disc) disc.remove();
  disc = null;
  document.querySelectorAll(".pin.selected").forEach((pin) => pin.classList.remove("selected"));
}

function showInPopup(box, entry, animate) {
  const size = map.getSize();
  popup = L.popup({
    offset: offsetOf(entry),
    maxWidth: Math.min(360, size.x - 40),
    minWidth: Math.min(280, size.x - 40),
    autoPan: false,
  });
  // Scrolled by itself: Leaflet measures a card once, and this one unfolds.
  box.style.maxHeight = `${Math.max(160, Math.min(520, size.y - 66 - topOfCards()))}px`;
  popup.setLatLng(entry.latLng).setContent(box);
  const opened = popup;
  openPopup(popup, () => {
    if (popup === opened) select(null, { push: true });
  });
  bringWhole(popup, entry.latLng, animate);
}

/** Open a popup; when it is closed it goes at once: Leaflet lets it fade, and for as long as that takes there would be two, of the same name perhaps. */
function openPopup(opened, onRemove) {
  opened.on("remove", () => {
    opened.getElement().remove();
    onRemove();
  });
  opened.openOn(map);
  opened.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", page.phrases.close);
}

function offsetOf({ place, offset }) {
  return [offset.x, offset.y - radiusOf(place)];
}

/** A zoom may have moved the symbol of a guest: the popup goes with it. */
function followSymbol() {
  const entry = places.get(state.place);
  if (!entry) return;
  popup.options.offset = offsetOf(entry);
  popup.setLatLng(entry.latLng);
}

/** What a card keeps free above itself: the title of an embedded map, where that stays. */
function topOfCards() {
  const caption = document.querySelector(".caption");
  const stays = caption && getComputedStyle(caption).visibility === "visible";
  return stays ? caption.offsetTop + caption.offsetHeight + 8 : 24;
}

/** Move the map until a popup is in view, clear of the title and of the buttons at the top right where they stay. */
function bringWhole(shownPopup, point, animate) {
  // A move that is still under way would carry on afterwards.
  map.stop();
  const box = shownPopup.getElement();
  const [x, y] = shownPopup.options.offset;
  const buttons = map.getContainer().querySelector(".leaflet-control-zoom").offsetWidth;
  map.panInside(point, {
    paddingTopLeft: [box.offsetWidth / 2 - x + 16, box.offsetHeight - y + topOfCards()],
    paddingBottomRight: [box.offsetWidth / 2 + x + 16 + (buttons ? buttons + 12 : 0), 40 + covered()],
    animate: animate && !isStill(),
  });
  // Where the two do not fit beside each other, the legend can wait.
  const legend = document.querySelector(".legend");
  const { x: wide, y: tall } = map.getSize();
  if (legend.offsetWidth + box.offsetWidth + 60 > wide && legend.offsetHeight + box.offsetHeight > tall) legend.open = false;
}

const isStill = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
