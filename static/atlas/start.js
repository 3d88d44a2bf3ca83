/* Start: folium's script hands over the places, the comparisons, the names and, last, the map. */

/** The free part of the map, as Leaflet wants it. */
function margins() {
  const { left, top, right, bottom } = roomAround(covered());
  return { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] };
}

/** What narrows the view begins a list at its first page. */
function narrow(how = "pushState") {
  state.page = 1;
  remember(how);
  apply();
}

function listen() {
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  document.querySelectorAll("#filters input[name=corridor]").forEach((box) => {
    box.addEventListener("change", () => {
      state.corridors[box.checked ? "add" : "delete"](box.value);
      narrow();
    });
  });
  document.querySelector("#filters input[name=q]").addEventListener("input", (event) => {
    state.q = event.target.value;
    narrow("replaceState");
  });
  document.getElementById("kind").addEventListener("change", (event) => {
    state.kinds = new Set(event.target.value.split(",").filter(Boolean));
    narrow();
  });
  document.getElementById("indicator").addEventListener("change", (event) => {
    state.indicator = event.target.value || null;
    // The rows keep their order, which is no longer that of their figures.
    document.querySelector("#table [data-column=measure]").removeAttribute("aria-sort");
    narrow();
  });
  document.getElementById("all").addEventListener("click", (event) => {
    event.preventDefault();
    state.corridors = new Set(page.corridors);
    narrow();
  });
  document.getElementById("clear").addEventListener("click", (event) => {
    event.preventDefault();
    state.kinds.clear();
    state.districts.clear();
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
  document.addEventListener("click", turnPage);
  document.addEventListener("focusin", fetchAhead);
  document.addEventListener("pointerdown", fetchAhead);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.place) select(null, { push: true });
  });
  window.addEventListener("popstate", () => {
    const wanted = readState();
    const id = wanted.place;
    state = { ...wanted, place: state.place };
    apply();
    if (id !== state.place) select(id);
    linkElsewhere();
  });
  map.on("moveend", () => {
    rememberView();
    layOut();
  });
}

function start(drawnMap, drawnLayers, view) {
  map = drawnMap;
  layers = drawnLayers;
  state = readState();
  map.createPane("dots").style.zIndex = 450;
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
  const wanted = viewOf(location.hash);
  const room = margins();
  showHeight();
  if (wanted) map.setView(wanted.centre, wanted.zoom, { animate: false });
  else map.fitBounds(view, { ...room, animate: false });
  if (frozen.begin) frozen.begin();
  addTools(view);
  offerBasemaps();
  offerEmbedding();
  offerOwnList();
  makeTableSortable();
  // Where the screen is narrow or low it would cover what it explains.
  if (isNarrow() || map.getSize().y <= 560) document.querySelector(".legend").open = false;
  apply({ isFirst: true });
  document.getElementById("sketch").remove();
  document.getElementById("loading").remove();
  listen();
  followPointer();
  followTheme();
  if (state.place) {
    const id = state.place;
    state.place = null;
    select(id, { animate: false });
  }
  remember("replaceState");
  followPrinter();
  container.dataset.ready = "true";
}

window.atlas = { addPlaces, addComparisons, addNames, addAxisName, start };
