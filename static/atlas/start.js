/* Start: folium's script hands over the outline, the places, the names and, last, the map. */

const LEAST_SPAN = 0.08; // degrees of latitude that a view shows at least: a place alone is shown with what lies around it

let wholeView = null; // what the map shows where nothing is chosen

/** What a view has to show, as geo.serve.pages.seen.fit_view: the places that are compared, or that are shown, with the belts where those are all. */
function boundsOfView() {
  const comparison = comparisons[state.indicator];
  const located = shown.filter(({ place, latLng }) => latLng && page.marks.symbols[place.symbol].isFitted);
  const compared = comparison && comparison.isComparable ? located.filter(({ place }) => comparison.measures[place.id]) : [];
  const wanted = compared.length > 1 ? compared : located;
  const bounds = L.latLngBounds(wanted.map(({ latLng }) => latLng));
  if (compared.length < 2 && (!isNarrowed() || !wanted.length)) {
    page.corridors.filter((corridor) => state.corridors.has(corridor)).forEach((corridor) => page.belts[corridor] && bounds.extend(page.belts[corridor]));
  }
  if (!bounds.isValid()) return wholeView;
  const { lat, lng } = bounds.getCenter();
  const [tall, wide] = [LEAST_SPAN / 2, LEAST_SPAN / 2 / Math.cos((lat * Math.PI) / 180)];
  return bounds.extend([lat - tall, lng - wide]).extend([lat + tall, lng + wide]);
}

let isFitted = false; // whether the map shows what is chosen, and not what a reader has moved it to

/** The south-western and the north-eastern corner of what nothing covers. */
function seenCorners() {
  const size = map.getSize();
  return [map.containerPointToLatLng([0, size.y - covered()]), map.containerPointToLatLng([size.x, 0])];
}

let isStopping = false; // whether a move ends because another one is about to begin

function fitView() {
  // A move that is still under way would carry on afterwards.
  isStopping = true;
  map.stop();
  isStopping = false;
  map.fitBounds(boundsOfView(), { ...margins(), animate: false });
  isFitted = true;
}

/** The free part of the map, as Leaflet wants it. */
function margins() {
  const { x, y } = map.getSize();
  const { left, top, right, bottom } = roomAround(covered(), x, y);
  return { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] };
}

/** What narrows the view begins a list at its first page. */
function narrow(how = "pushState", { fits = true } = {}) {
  clearTimeout(typing);
  state.page = 1;
  remember(how);
  // The end of a move lays the map out.
  apply({ laysOut: !fits });
  if (fits) fitView();
}

let combined = null; // the switch that was last pressed together with a key that combines

/** A switch means "only this", and pressed again "all"; together with Ctrl, Shift or the button beside it, it is added or taken away. */
function isCombining(box) {
  return combined === box || document.getElementById("combine").getAttribute("aria-pressed") === "true";
}

/** Show everything again that filters have left out. */
function clearFilters(event) {
  event.preventDefault();
  Object.assign(state, { corridors: new Set(page.corridors), kinds: new Set(), districts: new Set(), q: "" });
  narrow();
}

let typing = 0;

function listen() {
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  document.querySelectorAll("#filters input[name=corridor]").forEach((box) => {
    box.addEventListener("change", () => {
      if (isCombining(box)) state.corridors[box.checked ? "add" : "delete"](box.value);
      else state.corridors = new Set(state.corridors.size === 1 && state.corridors.has(box.value) ? page.corridors : [box.value]);
      narrow();
    });
    box.addEventListener("click", (event) => (combined = event.ctrlKey || event.metaKey || event.shiftKey ? box : null));
  });
  const combine = document.getElementById("combine");
  combine.addEventListener("click", () => combine.setAttribute("aria-pressed", String(combine.getAttribute("aria-pressed") !== "true")));
  document.querySelector("#filters input[name=q]").addEventListener("input", (event) => {
    state.q = event.target.value;
    withWords(() => {
      narrow("replaceState", { fits: false });
      // The map follows when the word is finished.
      clearTimeout(typing);
      typing = setTimeout(fitView, 500);
    });
  });
  document.getElementById("kind").addEventListener("change", (event) => {
    state.kinds = new Set(event.target.value.split(",").filter(Boolean));
    narrow();
  });
  document.getElementById("indicator").addEventListener("change", (event) => {
    const wanted = event.target.value || null;
    withComparison(wanted, () => {
      state.indicator = wanted;
      // The rows keep their order, which is no longer that of their figures.
      document.querySelector("#table [data-column=measure]").removeAttribute("aria-sort");
      narrow();
    });
  });
  document.getElementById("all").addEventListener("click", (event) => {
    event.preventDefault();
    state.corridors = new Set(page.corridors);
    narrow();
  });
  for (const id of ["clear", "everything"]) document.getElementById(id).addEventListener("click", clearFilters);
  document.getElementById("elsewhere").addEventListener("click", () => {
    Object.assign(state, { corridors: new Set(page.corridors), kinds: new Set(), districts: new Set() });
    narrow();
  });
  sheet.addEventListener("keydown", goThroughList);
  document.getElementById("list").addEventListener("click", (event) => {
    const anchor = event.target.closest("[data-id] a");
    const entry = anchor && places.get(anchor.closest("[data-id]").dataset.id);
    // A place without a location has no symbol to show: its link leads to its page.
    if (!entry || !entry.latLng || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    select(entry.place.id, { push: true, focus: true, from: anchor });
  });
  // The event does not bubble.
  document.getElementById("list").addEventListener("toggle", ({ target }) => (isUnfolded = target.isConnected ? target.open : isUnfolded), true);
  document.addEventListener("click", turnPage);
  document.addEventListener("focusin", fetchAhead);
  document.addEventListener("pointerdown", fetchAhead);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (choice) leaveChoice();
    else if (state.place) select(null, { push: true });
  });
  window.addEventListener("popstate", () => {
    const [wanted, { search }] = [readState(), location];
    // Whoever has gone on meanwhile is not brought back.
    const go = () => location.search === search && goTo(wanted);
    withComparison(wanted.indicator, () => (wanted.q ? withWords(go) : go()));
  });
  map.on("dragstart zoomstart", ({ type }) => {
    if (type === "zoomstart") closeChoice();
    if (type === "dragstart" || !document.body.classList.contains("printing")) isFitted = false;
  });
  map.on("moveend", () => {
    if (isStopping) return;
    rememberView();
    layOut();
  });
}

/** Show a state of the page that has been shown before. */
function goTo(wanted) {
  const id = wanted.place;
  clearTimeout(typing);
  Object.assign(state, wanted, { place: state.place });
  apply();
  const view = viewOf(location.hash);
  if (view) map.setView(view.centre, view.zoom, { animate: false });
  if (id !== state.place) select(id);
  linkElsewhere();
}

/** Begin at once, or as soon as the comparison of the address is there, and of a crowd the words that are searched. */
function start(drawnMap, drawnLayers, view) {
  const wanted = readState();
  for (const entry of places.values()) entry.layer ||= drawnLayers[entry.place.corridor];
  const begin = () => draw(drawnMap, drawnLayers, view, wanted);
  const needed = [];
  if (wanted.indicator && !Object.hasOwn(comparisons, wanted.indicator)) needed.push(fetchComparisons(wanted.indicator).catch(() => (wanted.indicator = null)));
  if (wanted.q && !hasWords) needed.push(fetchWords().catch(() => (wanted.q = "")));
  if (needed.length) Promise.all(needed).then(begin);
  else begin();
}

function draw(drawnMap, drawnLayers, view, wanted) {
  map = drawnMap;
  layers = drawnLayers;
  Object.assign(state, wanted);
  wholeView = L.latLngBounds(view);
  shown = filterPlaces().found;
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl.setPrefix("Leaflet");
  map.attributionControl.addAttribution(page.phrases.outline);
  const container = map.getContainer();
  container.setAttribute("role", "region");
  container.setAttribute("aria-label", page.phrases.map);
  const zoom = { "leaflet-control-zoom-in": page.phrases.zoomIn, "leaflet-control-zoom-out": page.phrases.zoomOut };
  for (const [className, label] of Object.entries(zoom)) {
    const button = container.querySelector(`.${className}`);
    button.setAttribute("aria-label", label);
    button.title = label;
  }
  followSheet();
  const seenBefore = viewOf(location.hash);
  const room = margins();
  showHeight();
  if (seenBefore) map.setView(seenBefore.centre, seenBefore.zoom, { animate: false });
  else map.fitBounds(boundsOfView(), { ...room, animate: false });
  isFitted = !seenBefore;
  if (frozen.begin) frozen.begin();
  addTools(view);
  if (hasTiles) offerBasemaps();
  offerDialogs();
  makeTableSortable();
  if (isEmbedded) leaveScrollingToTheArticle();
  // Where that is known without measuring, the map is laid out once.
  if (isNarrow()) foldLegend();
  apply({ isFirst: true });
  // What it covered is free for names.
  if (foldLegend()) layOut();
  document.getElementById("sketch").remove();
  document.getElementById("loading").remove();
  listen();
  map.on("click", ({ originalEvent }) => choose(originalEvent));
  if (places.size > page.marks.crowd) followDots();
  if (state.place) {
    const id = state.place;
    state.place = null;
    select(id, { animate: false });
  }
  remember("replaceState");
  followCorridors();
  followPrinter();
  followCredits();
  container.dataset.ready = "true";
  fetchLaterWhenIdle();
}

window.atlas = { addOutline, addPlaces, addComparisons, addNames, addAxisName, start };
