/* The map page in the browser. folium's script calls addPlaces, addNames and, last, start; everything shown follows one state, which is the address.
 * Text from the data only ever enters the page as textContent. */
"use strict";

window.atlas = (() => {
  const page = JSON.parse(document.getElementById("page-state").textContent);
  const places = new Map(); // id -> {place, layer, marker, offset}; marker is null for a place without a location
  const names = []; // district names: {marker, span}
  const RADIUS = { platform: 10, zone: 7, site: 5, guest: 5, district: 5, city: 5 };
  const BOX = 24; // side of a symbol's box in pixels: the least size that is easy to hit
  const SVG = "http://www.w3.org/2000/svg";

  document.getElementById("loading").hidden = false;

  let map;
  let layers;
  let popup = null;
  let disc = null;
  let opener = null;
  let state;

  // --- state and address ---

  function readState() {
    const query = new URLSearchParams(location.search);
    const values = (name) => query.getAll(name).flatMap((text) => text.split(",")).filter(Boolean);
    const known = values("corridor").filter((value) => page.corridors.includes(value));
    const allOff = query.getAll("corridor").length === 1 && query.get("corridor") === "";
    const all = [...places.values()].map((entry) => entry.place);
    const only = (name, field) => new Set(values(name).filter((value) => all.some((place) => place[field] === value)));
    return {
      corridors: new Set(allOff ? [] : known.length ? known : page.corridors),
      kinds: only("kind", "kind"),
      districts: only("district", "district"),
      q: [...(query.get("q") || "")].length <= 100 ? query.get("q") || "" : "",
      place: places.has(query.get("place")) ? query.get("place") : null,
      lang: query.get("lang"),
    };
  }

  /** The filters as query parameters; a filter that chooses everything is left out. */
  function filterQuery() {
    const query = new URLSearchParams();
    if (state.corridors.size === 0) {
      query.append("corridor", "");
    } else if (state.corridors.size < page.corridors.length) {
      page.corridors.filter((corridor) => state.corridors.has(corridor)).forEach((corridor) => query.append("corridor", corridor));
    }
    state.kinds.forEach((kind) => query.append("kind", kind));
    state.districts.forEach((district) => query.append("district", district));
    if (state.q) query.append("q", state.q);
    return query;
  }

  function address(lang) {
    const query = filterQuery();
    if (state.place) query.append("place", state.place);
    if (lang) query.append("lang", lang);
    const text = query.toString();
    return `${location.pathname}${text ? `?${text}` : ""}${location.hash}`;
  }

  function remember(how) {
    history[how](null, "", address(state.lang));
    document.querySelectorAll("[data-language]").forEach((link) => link.setAttribute("href", address(link.dataset.language)));
  }

  function readView() {
    const found = /^#map=(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(location.hash);
    return found ? { zoom: Number(found[1]), centre: [Number(found[2]), Number(found[3])] } : null;
  }

  function rememberView() {
    const centre = map.getCenter();
    history.replaceState(null, "", `#map=${map.getZoom()}/${centre.lat.toFixed(4)}/${centre.lng.toFixed(4)}`);
    remember("replaceState");
  }

  // --- filters ---

  /** As geo.names.normalize_name: only letters and digits count, in any width or case. */
  function normalize(text) {
    return text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
  }

  function isShown(place) {
    const wanted = normalize(state.q);
    return (
      state.corridors.has(place.corridor) &&
      (state.kinds.size === 0 || state.kinds.has(place.kind)) &&
      (state.districts.size === 0 || state.districts.has(place.district)) &&
      (wanted === "" || place.search.some((key) => key.includes(wanted)))
    );
  }

  /** Make the map, the list, the table, the counts and the download show the state. */
  function apply() {
    const shown = new Set();
    for (const [id, entry] of places) {
      if (isShown(entry.place)) shown.add(id);
      if (entry.marker) entry.layer[shown.has(id) ? "addLayer" : "removeLayer"](entry.marker);
    }
    for (const corridor of page.corridors) {
      map[state.corridors.has(corridor) ? "addLayer" : "removeLayer"](layers[corridor]);
    }
    document.querySelectorAll("#list [data-id], #table [data-id]").forEach((row) => {
      row.hidden = !shown.has(row.dataset.id);
    });
    document.querySelectorAll("#list .group").forEach((group) => {
      const count = group.querySelectorAll("[data-id]:not([hidden])").length;
      group.hidden = count === 0;
      group.querySelector(".count").textContent = count;
    });
    document.querySelectorAll("#filters input[name=corridor]").forEach((box) => {
      box.checked = state.corridors.has(box.value);
    });
    const search = document.querySelector("#filters input[name=q]");
    if (search.value !== state.q) search.value = state.q;
    const all = document.getElementById("all");
    if (state.corridors.size === page.corridors.length) all.setAttribute("aria-current", "true");
    else all.removeAttribute("aria-current");
    const counted = page.phrases.shown.replace("{shown}", shown.size).replace("{all}", places.size);
    document.getElementById("shown").textContent = counted;
    document.getElementById("clear").hidden = state.kinds.size + state.districts.size === 0;
    document.getElementById("empty").hidden = shown.size > 0;
    const narrowed = state.q || state.kinds.size || state.districts.size;
    const finding = page.findings[page.corridors.filter((corridor) => state.corridors.has(corridor)).join(",")];
    document.querySelector("#finding bdi").textContent = narrowed ? counted : finding;
    const download = document.getElementById("download");
    if (shown.size) {
      const query = filterQuery().toString();
      download.setAttribute("href", `${page.layerUrl}${query ? `?${query}` : ""}`);
      download.removeAttribute("aria-disabled");
    } else {
      download.removeAttribute("href");
      download.setAttribute("aria-disabled", "true");
    }
    if (state.place && !shown.has(state.place)) select(null);
    layOut();
  }

  // --- symbols ---

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function drawSymbol(place) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("width", BOX);
    svg.setAttribute("height", BOX);
    svg.setAttribute("aria-hidden", "true");
    const radius = RADIUS[place.symbol];
    const area = place.symbol === "district" || place.symbol === "city";
    const shape = document.createElementNS(SVG, area ? "rect" : "circle");
    const attributes = area
      ? { x: BOX / 2 - radius, y: BOX / 2 - radius, width: 2 * radius, height: 2 * radius, transform: `rotate(45 ${BOX / 2} ${BOX / 2})` }
      : { cx: BOX / 2, cy: BOX / 2, r: radius };
    Object.entries(attributes).forEach(([name, value]) => shape.setAttribute(name, value));
    shape.setAttribute("class", "shape");
    const hit = document.createElementNS(SVG, "circle");
    Object.entries({ class: "hit", cx: BOX / 2, cy: BOX / 2, r: BOX / 2 }).forEach(([name, value]) => hit.setAttribute(name, value));
    svg.append(hit, shape);
    const box = element("div", "");
    const label = element("bdi", "pin-label off", place.card.name);
    label.setAttribute("aria-hidden", "true");
    box.append(svg, label);
    return box;
  }

  function addPlaces(layer, list) {
    for (const place of list) {
      const entry = { place, layer, marker: null, offset: { x: 0, y: 0 } };
      places.set(place.id, entry);
      if (place.lon === null) continue;
      const hollow = ["guest", "district", "city"].includes(place.symbol) ? " hollow" : "";
      entry.marker = L.marker([place.lat, place.lon], {
        icon: L.divIcon({ html: drawSymbol(place), className: `pin ${place.corridor} ${place.symbol}${hollow}`, iconSize: [BOX, BOX] }),
        // Small symbols lie over large ones, so that none is out of reach.
        zIndexOffset: 100 * (12 - RADIUS[place.symbol]),
        riseOnHover: true,
      });
      entry.marker.on("add", () => {
        const pin = entry.marker.getElement();
        pin.dataset.id = place.id;
        pin.setAttribute("aria-label", `${place.card.name} · ${place.card.located}`);
      });
      entry.marker.on("click", () => select(place.id, { push: true, focus: true }));
      entry.marker.on("keypress", (event) => {
        if (event.originalEvent.key === "Enter" || event.originalEvent.key === " ") {
          event.originalEvent.preventDefault();
          select(place.id, { push: true, focus: true });
        }
      });
      layer.addLayer(entry.marker);
    }
  }

  function addNames(target, list) {
    for (const [text, lon, lat] of list) {
      const span = element("span", "", text);
      const box = element("div", "");
      box.append(span);
      const icon = L.divIcon({ html: box, className: "place-name", iconSize: [0, 0] });
      const marker = L.marker([lat, lon], { icon, interactive: false, keyboard: false, pane: "outline" }).addTo(target);
      marker.getElement().setAttribute("aria-hidden", "true");
      names.push({ marker, span });
    }
  }

  // --- layout: guests around their hosts, labels where there is room ---

  const overlaps = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const around = (point, radius) => ({ left: point.x - radius, right: point.x + radius, top: point.y - radius, bottom: point.y + radius });

  /** Give every symbol its spot in pixels: the located ones first, then the labels of platforms and zones, then whatever goes around a host. */
  function layOut() {
    const drawn = [...places.values()].filter((entry) => entry.marker && map.hasLayer(entry.marker));
    const fixed = drawn.filter((entry) => !isFloating(entry.place));
    const symbols = [];
    for (const entry of drawn) entry.point = map.latLngToLayerPoint(entry.marker.getLatLng());
    for (const entry of fixed) symbols.push({ point: entry.point, radius: RADIUS[entry.place.symbol] });
    const labels = [];
    const isLarge = (entry) => entry.place.symbol === "platform" || entry.place.symbol === "zone";
    for (const entry of fixed.filter(isLarge)) placeLabel(entry, symbols, labels);
    for (const entry of drawn.filter((other) => isFloating(other.place))) placeFloating(entry, symbols, labels);
    for (const entry of fixed.filter((other) => !isLarge(other))) placeLabel(entry, symbols, labels);
    for (const entry of drawn.filter((other) => isFloating(other.place))) {
      if (entry.place.symbol === "guest") hideLabel(entry);
      else placeLabel(entry, symbols, labels);
    }
    placeNames(symbols, labels);
    drawn.forEach((entry) => drawHit(entry, drawn));
  }

  /** A symbol is as easy to hit as its box, but takes nothing from its neighbours: at most half of the way to the nearest one. */
  function drawHit(entry, drawn) {
    const spotOf = ({ point, offset }) => ({ x: point.x + offset.x, y: point.y + offset.y });
    const here = spotOf(entry);
    const distances = drawn.filter((other) => other !== entry).map((other) => Math.hypot(spotOf(other).x - here.x, spotOf(other).y - here.y));
    entry.marker.getElement().querySelector(".hit").setAttribute("r", Math.min(BOX / 2, ...distances.map((distance) => distance / 2)));
  }

  /** A guest has no point of its own, and the point of a district stands for the whole of it: both give way to what has one. */
  function isFloating(place) {
    return ["guest", "district", "city"].includes(place.symbol);
  }

  /** Put a symbol on its point, or on the first free spot of the rings around it; in pixels, so that it claims no site of its own. */
  function placeFloating(entry, symbols, labels) {
    const { place, point } = entry;
    const radius = RADIUS[place.symbol];
    const host = places.get(place.host);
    const isFree = (spot) =>
      symbols.every((other) => Math.hypot(other.point.x - spot.x, other.point.y - spot.y) > other.radius + radius + 2) &&
      labels.every((box) => !overlaps(box, around(spot, radius + 1)));
    const settle = (offset) => {
      const spot = { x: point.x + offset.x, y: point.y + offset.y };
      if (!isFree(spot)) return false;
      symbols.push({ point: spot, radius });
      entry.offset = offset;
      const pin = entry.marker.getElement();
      pin.style.marginLeft = `${offset.x - BOX / 2}px`;
      pin.style.marginTop = `${offset.y - BOX / 2}px`;
      return true;
    };
    if (place.symbol !== "guest" && settle({ x: 0, y: 0 })) return;
    const step = 2 * radius + 4;
    for (let ring = (host ? RADIUS[host.place.symbol] : 0) + radius + 6; ; ring += step) {
      const spots = Math.floor((2 * Math.PI * ring) / step);
      for (let spot = 0; spot < spots; spot += 1) {
        const angle = (2 * Math.PI * spot) / spots - Math.PI / 2;
        if (settle({ x: Math.round(ring * Math.cos(angle)), y: Math.round(ring * Math.sin(angle)) })) return;
      }
    }
  }

  function labelOf(entry) {
    const label = entry.marker.getElement().querySelector(".pin-label");
    entry.width = entry.width || label.offsetWidth;
    return label;
  }

  function moveLabel(entry, label, corner) {
    label.style.left = `${corner.left - entry.point.x - entry.offset.x + BOX / 2}px`;
    label.style.top = `${corner.top - entry.point.y - entry.offset.y + BOX / 2}px`;
  }

  /** Write a label beside its symbol where it covers nothing; where there is no room it shows on hover and focus only. */
  function placeLabel(entry, symbols, labels) {
    const label = labelOf(entry);
    const { x, y } = { x: entry.point.x + entry.offset.x, y: entry.point.y + entry.offset.y };
    const gap = RADIUS[entry.place.symbol] + 4;
    const corners = [
      { left: x + gap, top: y - 8 },
      { left: x - gap - entry.width, top: y - 8 },
      { left: x - entry.width / 2, top: y + gap - 1 },
      { left: x - entry.width / 2, top: y - gap - 15 },
      { left: x + gap - 2, top: y + gap - 4 },
      { left: x + gap - 2, top: y - gap - 12 },
      { left: x - gap - entry.width + 2, top: y + gap - 4 },
      { left: x - gap - entry.width + 2, top: y - gap - 12 },
    ];
    const boxes = corners.map((corner) => ({ ...corner, right: corner.left + entry.width, bottom: corner.top + 16 }));
    const free = boxes.find((box) => isFreeBox(box, symbols, labels));
    label.classList.toggle("off", !free);
    moveLabel(entry, label, free || corners[0]);
    if (free) labels.push({ ...free, text: label.textContent });
  }

  function hideLabel(entry) {
    moveLabel(entry, labelOf(entry), { left: entry.point.x + entry.offset.x + BOX / 2, top: entry.point.y + entry.offset.y - 8 });
  }

  function isFreeBox(box, symbols, labels) {
    return !labels.some((other) => overlaps(box, other)) && !symbols.some((other) => overlaps(box, around(other.point, other.radius + 1)));
  }

  function placeNames(symbols, labels) {
    for (const { marker, span } of names) {
      const point = map.latLngToLayerPoint(marker.getLatLng());
      const [width, height] = [span.offsetWidth / 2, span.offsetHeight / 2];
      const box = { left: point.x - width, right: point.x + width, top: point.y - height, bottom: point.y + height };
      // A district that has a symbol of its own is named there.
      const free = isFreeBox(box, symbols, labels) && !labels.some((label) => label.text === span.textContent);
      span.classList.toggle("off", !free);
      if (free) labels.push(box);
    }
  }

  // --- selection and popup ---

  function link(href, className, text) {
    const made = element("a", className);
    made.append(element("bdi", "", text));
    made.setAttribute("href", href);
    return made;
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
    if (figure.value) cell.append(element("span", "value", figure.value), " ", element("span", "unit", figure.unit), " ");
    if (figure.growth) {
      const growth = element("span", `growth ${figure.growth_sign > 0 ? "up" : figure.growth_sign < 0 ? "down" : ""}`);
      growth.append(element("span", "visually-hidden", page.phrases.growth), figure.growth);
      cell.append(growth);
    }
    if (figure.planned) cell.append(element("span", "planned", figure.planned));
    row.append(head, cell);
    return row;
  }

  /** The same card as templates/place.html, from the same words. */
  function drawCard(place) {
    const card = place.card;
    const box = element("div", "popup");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", card.name);
    box.tabIndex = -1;
    const title = element("h2");
    title.append(element("bdi", "", card.name));
    const other = element("p", "other-name");
    other.append(element("bdi", "", card.other_name));
    const chips = element("p", "chips");
    card.chips.forEach((chip) => chips.append(element("span", `chip ${chip.corridor}`, chip.text)));
    box.append(title, other, chips);
    if (card.focus) {
      const focus = element("p", "focus");
      focus.append(element("bdi", "", card.focus));
      box.append(focus);
    }
    if (card.figures.length) {
      const table = element("table", "figures");
      table.append(element("caption", "visually-hidden", page.phrases.figures));
      const body = element("tbody");
      card.figures.forEach((figure) => body.append(drawFigure(figure)));
      table.append(body);
      box.append(table);
    } else {
      box.append(element("p", "nothing", page.phrases.noFigures));
    }
    const located = element("p", "located");
    located.append(element("bdi", "", card.located), " · ", link(card.sourceHref, "", card.named));
    box.append(located);
    if (card.beyond_report) box.append(element("p", "located", card.beyond_report));
    const actions = element("p", "actions");
    actions.append(link(card.href, "button", page.phrases.page));
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

  /** Move the map until a popup is in view, clear of the buttons at the top right where they stay. */
  function showWhole(opened, point, animate) {
    const box = opened.getElement();
    const [x, y] = opened.options.offset;
    const buttons = map.getContainer().querySelector(".leaflet-control-zoom").offsetWidth;
    map.panInside(point, {
      paddingTopLeft: [box.offsetWidth / 2 - x + 16, box.offsetHeight - y + 24],
      paddingBottomRight: [box.offsetWidth / 2 + x + 16 + (buttons ? buttons + 12 : 0), 40],
      animate: animate && !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    });
  }

  /** Open the card of a place, or close what is open. */
  function select(id, { push = false, focus = false, from = null, animate = true } = {}) {
    if (push && focus) opener = from || (id && places.get(id).marker ? places.get(id).marker.getElement() : null);
    const before = state.place;
    state.place = id;
    // Before the map moves: the end of a move is remembered as well.
    if (before !== id) remember(push ? "pushState" : "replaceState");
    if (popup) {
      const old = popup;
      popup = null;
      map.closePopup(old);
    }
    if (disc) disc.remove();
    disc = null;
    document.querySelectorAll(".pin.selected").forEach((pin) => pin.classList.remove("selected"));
    document.querySelectorAll("#list .entry").forEach((row) => {
      if (row.dataset.id === id) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    });
    const entry = id ? places.get(id) : null;
    if (entry && entry.marker) {
      const { place, marker, offset } = entry;
      marker.getElement().classList.add("selected");
      disc = L.circle(marker.getLatLng(), { radius: place.radius, className: `uncertainty ${place.corridor}`, interactive: false, pane: "belts" });
      disc.addTo(map);
      const size = map.getSize();
      popup = L.popup({
        offset: [offset.x, offset.y - RADIUS[place.symbol]],
        maxWidth: Math.min(360, size.x - 40),
        minWidth: Math.min(280, size.x - 40),
        maxHeight: Math.max(160, Math.min(520, size.y - 90)),
        autoPan: false,
      });
      popup.setLatLng(marker.getLatLng()).setContent(drawCard(place));
      popup.on("remove", () => {
        if (popup) select(null, { push: true });
      });
      popup.openOn(map);
      showWhole(popup, marker.getLatLng(), animate);
      const close = popup.getElement().querySelector(".leaflet-popup-close-button");
      close.setAttribute("aria-label", page.phrases.close);
      if (focus) popup.getElement().querySelector(".popup").focus({ preventScroll: true });
    }
    if (!id && push && opener && opener.isConnected) opener.focus({ preventScroll: true });
  }

  // --- start ---

  function listen() {
    document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
    document.querySelectorAll("#filters input[name=corridor]").forEach((box) => {
      box.addEventListener("change", () => {
        state.corridors[box.checked ? "add" : "delete"](box.value);
        remember("pushState");
        apply();
      });
    });
    document.querySelector("#filters input[name=q]").addEventListener("input", (event) => {
      state.q = event.target.value;
      remember("replaceState");
      apply();
    });
    document.getElementById("all").addEventListener("click", (event) => {
      event.preventDefault();
      state.corridors = new Set(page.corridors);
      remember("pushState");
      apply();
    });
    document.getElementById("clear").addEventListener("click", (event) => {
      event.preventDefault();
      state.kinds.clear();
      state.districts.clear();
      remember("pushState");
      apply();
    });
    document.getElementById("list").addEventListener("click", (event) => {
      const anchor = event.target.closest("a");
      const id = anchor && anchor.closest("[data-id]").dataset.id;
      // A place without a location has no symbol to show: its link leads to its page.
      if (!id || !places.get(id).marker || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      select(id, { push: true, focus: true, from: anchor });
      map.getContainer().scrollIntoView({ block: "nearest" });
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && state.place) select(null, { push: true });
    });
    window.addEventListener("popstate", () => {
      const wanted = readState();
      const id = wanted.place;
      state = { ...wanted, place: state.place };
      apply();
      if (id !== state.place) select(id);
    });
    map.on("zoomend", layOut);
    map.on("moveend", rememberView);
  }

  /** Paper has another shape than the window: show on it what the window shows, and go back afterwards. */
  function followPrinter() {
    let before = null;
    const fit = (isPrinting) => {
      if (isPrinting === Boolean(before)) return;
      const bounds = map.getBounds();
      const back = before;
      before = isPrinting ? { centre: map.getCenter(), zoom: map.getZoom() } : null;
      map.invalidateSize({ animate: false, pan: false });
      if (isPrinting) map.fitBounds(bounds, { animate: false });
      else map.setView(back.centre, back.zoom, { animate: false });
    };
    // A browser tells of printing in the one way or the other.
    window.addEventListener("beforeprint", () => fit(true));
    window.addEventListener("afterprint", () => fit(false));
    window.matchMedia("print").addEventListener("change", (event) => fit(event.matches));
  }

  function start(drawnMap, drawnLayers, view) {
    map = drawnMap;
    layers = drawnLayers;
    state = readState();
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
    const wanted = readView();
    if (wanted) map.setView(wanted.centre, wanted.zoom, { animate: false });
    else map.fitBounds(view, { padding: [36, 36], animate: false });
    document.getElementById("loading").remove();
    if (window.matchMedia("(max-width: 760px)").matches) document.querySelector(".legend").open = false;
    apply();
    listen();
    if (state.place) {
      const id = state.place;
      state.place = null;
      select(id, { animate: false });
    }
    remember("replaceState");
    followPrinter();
    container.dataset.ready = "true";
  }

  return { addPlaces, addNames, start };
})();
