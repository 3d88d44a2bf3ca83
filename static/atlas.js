/* The map page in the browser. folium's script calls addPlaces, addNames and, last, start; everything shown follows one state, which is the address.
 * Text from the data only ever enters the page as textContent. */
"use strict";

window.atlas = (() => {
  const page = JSON.parse(document.getElementById("page-state").textContent);
  const places = new Map(); // id -> {place, layer, marker, offset}; marker is null for a place without a location
  const names = []; // district names: {marker, span}
  const axisNames = []; // {marker, span, corridor, axis}
  const RADIUS = { platform: 10, zone: 7, site: 5, guest: 5, district: 5, city: 5 };
  const LARGEST = 26; // radius of the largest symbol of a comparison
  const WITHOUT = 4; // radius of a symbol that has no figure in it
  const BOX = 24; // side of a symbol's box in pixels: the least size that is easy to hit
  const isNarrow = () => window.matchMedia("(max-width: 760px)").matches;
  // On a narrow screen the foot of the map has more words.
  const margins = () => ({ paddingTopLeft: [36, 36], paddingBottomRight: [36, isNarrow() ? 72 : 36] });
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
      basemap: Object.hasOwn(page.basemaps, query.get("basemap")) ? query.get("basemap") : "outline",
      indicator: Object.hasOwn(page.comparisons, query.get("indicator")) ? query.get("indicator") : null,
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
    if (state.indicator) query.append("indicator", state.indicator);
    if (state.place) query.append("place", state.place);
    if (state.basemap !== "outline") query.append("basemap", state.basemap);
    if (lang) query.append("lang", lang);
    const text = query.toString();
    return `${location.pathname}${text ? `?${text}` : ""}${location.hash}`;
  }

  function remember(how) {
    history[how](null, "", address(state.lang));
    const whole = document.getElementById("whole");
    if (whole) whole.setAttribute("href", address(state.lang).replace(location.pathname, page.pageUrl));
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
    document.getElementById("kind").value = [...state.kinds].join(",");
    document.getElementById("indicator").value = state.indicator || "";
    showMeasures();
    drawSizes(shown);
    showBasemap();
    document.getElementById("empty").hidden = shown.size > 0;
    const narrowed = state.q || state.kinds.size || state.districts.size;
    const finding = page.findings[page.corridors.filter((corridor) => state.corridors.has(corridor)).join(",")];
    const comparison = page.comparisons[state.indicator];
    const isWhole = !narrowed && state.corridors.size === page.corridors.length;
    document.querySelector("#finding bdi").textContent = comparison && isWhole ? comparison.finding : narrowed ? counted : finding;
    const drawn = filterQuery();
    if (state.indicator) drawn.append("indicator", state.indicator);
    drawn.append("lang", page.language);
    document.getElementById("picture").setAttribute("href", `${page.pictureUrl}?${drawn}`);
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

  /** Write the chosen figure of each place, or its first one, into the list and the table. */
  function showMeasures() {
    const comparison = page.comparisons[state.indicator];
    document.querySelectorAll("#list [data-id], #table [data-id]").forEach((row) => {
      const { card } = places.get(row.dataset.id).place;
      const measure = comparison && comparison.measures[row.dataset.id];
      const [headline, note] = comparison ? (measure ? measure.words : ["—", page.phrases.noMeasure]) : [card.headline, card.headline_note];
      row.querySelector(".headline bdi").textContent = headline;
      row.querySelector(".headline-note bdi, .notes bdi").textContent = note;
    });
  }

  // --- comparison: area carries the value, colour the growth ---

  function measureOf(place) {
    const comparison = page.comparisons[state.indicator];
    return comparison ? comparison.measures[place.id] || null : undefined;
  }

  function radiusOf(place) {
    const measure = measureOf(place);
    if (measure === undefined) return RADIUS[place.symbol];
    if (measure === null) return WITHOUT;
    if (measure.amount === null) return RADIUS.platform;
    return Math.max(WITHOUT + 1, LARGEST * Math.sqrt(Math.max(0, measure.amount / page.comparisons[state.indicator].largest)));
  }

  /** Growth on a ramp that diverges at zero and is full at ±50 %. */
  function growthColour(growth) {
    const share = Math.round(Math.min(Math.abs(growth) / 50, 1) * 70 + 30);
    return `color-mix(in srgb, var(${growth < 0 ? "--down" : "--up"}) ${growth === 0 ? 0 : share}%, var(--card))`;
  }

  function dress(entry) {
    const measure = measureOf(entry.place);
    const pin = entry.marker.getElement();
    const shape = pin.querySelector(".shape");
    const radius = radiusOf(entry.place);
    if (shape.tagName === "rect") {
      // Areas are compared as circles, whatever the symbol is otherwise.
      const corner = { x: BOX / 2 - radius, y: BOX / 2 - radius, width: 2 * radius, height: 2 * radius, rx: measure ? radius : 0 };
      Object.entries(corner).forEach(([name, value]) => shape.setAttribute(name, value));
    } else {
      shape.setAttribute("r", radius);
    }
    pin.classList.toggle("without", measure === null);
    pin.classList.toggle("measured", Boolean(measure));
    shape.style.fill = measure && measure.growth !== null ? growthColour(measure.growth) : "";
    entry.marker.setZIndexOffset(Math.round(100 * (LARGEST + 2 - radius)));
  }

  function nice(number) {
    return Number(number.toPrecision(1));
  }

  /** The nested circles of the chosen comparison, and how many of the places shown have no figure in it. */
  function drawSizes(shown) {
    const box = document.getElementById("sizes");
    const comparison = page.comparisons[state.indicator];
    box.hidden = !comparison;
    box.replaceChildren();
    if (!comparison) return;
    box.append(element("p", "sizes-title", comparison.unit ? `${comparison.title} · ${comparison.unit}` : comparison.title));
    if (comparison.largest > 0) {
      const amounts = [comparison.largest, nice(comparison.largest / 3), nice(comparison.largest / 10)];
      const svg = document.createElementNS(SVG, "svg");
      svg.setAttribute("class", "sizes");
      svg.setAttribute("width", 190);
      svg.setAttribute("height", 2 * LARGEST + 4);
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", amounts.join(", "));
      amounts.forEach((amount, position) => {
        const radius = LARGEST * Math.sqrt(amount / comparison.largest);
        const top = 2 * LARGEST + 2 - 2 * radius;
        const circle = document.createElementNS(SVG, "circle");
        Object.entries({ cx: LARGEST + 2, cy: 2 * LARGEST + 2 - radius, r: radius }).forEach(([name, value]) => circle.setAttribute(name, value));
        const line = document.createElementNS(SVG, "line");
        const level = position === 0 ? 8 : position === 1 ? LARGEST + 4 : 2 * LARGEST - 2;
        Object.entries({ x1: LARGEST + 2, y1: top, x2: 2 * LARGEST + 26, y2: level }).forEach(([name, value]) => line.setAttribute(name, value));
        const text = document.createElementNS(SVG, "text");
        text.setAttribute("x", 2 * LARGEST + 30);
        text.setAttribute("y", level + 4);
        text.textContent = amount.toLocaleString(document.documentElement.lang, { useGrouping: document.documentElement.lang === "en" });
        svg.append(circle, line, text);
      });
      box.append(svg);
    }
    if (Object.values(comparison.measures).some((measure) => measure.growth !== null)) box.append(element("p", "", page.phrases.growthScale));
    const without = [...shown].filter((id) => !(id in comparison.measures)).length;
    if (without) box.append(element("p", "", page.phrases.without.replace("{count}", without)));
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
        riseOnHover: true,
      });
      entry.marker.on("add", () => {
        const pin = entry.marker.getElement();
        pin.dataset.id = place.id;
        pin.setAttribute("aria-label", `${place.card.name} · ${place.card.located}`);
        pin.addEventListener("keydown", goToNeighbour);
        pin.addEventListener("focus", () => makeTabStop(pin));
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

  /** Only one symbol at a time is a tab stop: the arrow keys lead from it to the nearest one in their direction. */
  function makeTabStop(chosen) {
    document.querySelectorAll(".pin").forEach((pin) => {
      pin.tabIndex = pin === chosen ? 0 : -1;
    });
  }

  function keepOneTabStop() {
    const pins = [...document.querySelectorAll(".pin")];
    if (pins.length) makeTabStop(pins.find((pin) => pin === document.activeElement) || pins.find((pin) => pin.tabIndex === 0) || pins[0]);
  }

  const DIRECTIONS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

  function goToNeighbour(event) {
    const direction = DIRECTIONS[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    const spotOf = (entry) => ({ x: entry.point.x + entry.offset.x, y: entry.point.y + entry.offset.y });
    const here = spotOf(places.get(event.currentTarget.dataset.id));
    let nearest = null;
    for (const entry of places.values()) {
      if (!entry.marker || !map.hasLayer(entry.marker)) continue;
      const spot = spotOf(entry);
      const along = (spot.x - here.x) * direction[0] + (spot.y - here.y) * direction[1];
      const across = Math.abs((spot.x - here.x) * direction[1]) + Math.abs((spot.y - here.y) * direction[0]);
      if (along <= 0) continue;
      const cost = along + 2 * across;
      if (!nearest || cost < nearest.cost) nearest = { cost, entry };
    }
    if (!nearest) return;
    nearest.entry.marker.getElement().focus({ preventScroll: true });
    const spot = map.layerPointToContainerPoint(spotOf(nearest.entry));
    const size = map.getSize();
    const outside = (value, limit) => (value < 24 ? value - limit / 2 : value > limit - 24 ? value - limit / 2 : 0);
    map.panBy([outside(spot.x, size.x), outside(spot.y, size.y)]);
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

  function addAxisName(layer, corridor, text, axis) {
    const span = element("span", "", text);
    const box = element("div", "");
    box.append(span);
    const middle = axis[Math.floor(axis.length / 2)];
    const icon = L.divIcon({ html: box, className: `axis-name ${corridor}`, iconSize: [0, 0] });
    const marker = L.marker([middle[1], middle[0]], { icon, interactive: false, keyboard: false, pane: "belts" });
    marker.on("add", () => marker.getElement().setAttribute("aria-hidden", "true"));
    axisNames.push({ marker, span, axis });
    layer.addLayer(marker);
  }

  // --- layout: guests around their hosts, labels where there is room ---

  const overlaps = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const around = (point, radius) => ({ left: point.x - radius, right: point.x + radius, top: point.y - radius, bottom: point.y + radius });

  /** Give every symbol its spot in pixels: the located ones first, then the labels of platforms and zones, then whatever goes around a host. */
  function layOut() {
    const drawn = [...places.values()].filter((entry) => entry.marker && map.hasLayer(entry.marker));
    const fixed = drawn.filter((entry) => !isFloating(entry.place));
    const symbols = [];
    for (const entry of drawn) {
      entry.point = map.latLngToLayerPoint(entry.marker.getLatLng());
      dress(entry);
    }
    for (const entry of fixed) symbols.push({ point: entry.point, radius: radiusOf(entry.place) });
    const labels = [];
    const isLarge = (entry) => entry.place.symbol === "platform" || entry.place.symbol === "zone";
    for (const entry of fixed.filter(isLarge)) placeLabel(entry, symbols, labels);
    for (const entry of drawn.filter((other) => isFloating(other.place))) placeFloating(entry, symbols, labels);
    for (const entry of fixed.filter((other) => !isLarge(other))) placeLabel(entry, symbols, labels);
    for (const entry of drawn.filter((other) => isFloating(other.place))) {
      if (entry.place.symbol === "guest") hideLabel(entry);
      else placeLabel(entry, symbols, labels);
    }
    placeAxisNames(symbols, labels);
    placeNames(symbols, labels);
    keepOneTabStop();
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
    const radius = radiusOf(place);
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
    for (let ring = (host ? radiusOf(host.place) : 0) + radius + 6; ; ring += step) {
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
    const gap = radiusOf(entry.place) + 4;
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

  /** Write each corridor's name along its axis: on the stretch with the most room, in the direction of that stretch. */
  function placeAxisNames(symbols, labels) {
    for (const { marker, span, axis } of axisNames) {
      if (!map.hasLayer(marker)) continue;
      const points = axis.map(([lon, lat]) => map.latLngToLayerPoint([lat, lon]));
      const origin = map.latLngToLayerPoint(marker.getLatLng());
      const [width, height] = [span.offsetWidth, span.offsetHeight];
      const spots = points.slice(1).flatMap((end, position) => {
        const start = points[position];
        return [0.5, 0.25, 0.75].map((share) => ({
          x: start.x + (end.x - start.x) * share,
          y: start.y + (end.y - start.y) * share,
          slope: Math.atan2(end.y - start.y, end.x - start.x),
          length: Math.hypot(end.x - start.x, end.y - start.y),
        }));
      });
      const room = ({ slope, length }) => length * (0.3 + 0.7 * Math.abs(Math.cos(slope)));
      spots.sort((a, b) => room(b) - room(a));
      const settled = spots.some(({ x, y, slope }) => {
        // Upright: a name is never written from right to left.
        const angle = Math.abs(slope) > Math.PI / 2 ? slope - Math.sign(slope) * Math.PI : slope;
        const below = { x: x - Math.sin(angle) * (height / 2 + 6), y: y + Math.cos(angle) * (height / 2 + 6) };
        const half = { x: (Math.abs(Math.cos(angle)) * width + Math.abs(Math.sin(angle)) * height) / 2, y: (Math.abs(Math.sin(angle)) * width + Math.abs(Math.cos(angle)) * height) / 2 };
        const box = { left: below.x - half.x, right: below.x + half.x, top: below.y - half.y, bottom: below.y + half.y };
        if (!isFreeBox(box, symbols, labels)) return false;
        span.style.transform = `translate(${below.x - origin.x}px, ${below.y - origin.y}px) translate(-50%, -50%) rotate(${angle}rad)`;
        labels.push(box);
        return true;
      });
      span.classList.toggle("off", !settled);
    }
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
    if (figure.share !== null) {
      const bar = document.createElementNS(SVG, "svg");
      Object.entries({ class: "bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" }).forEach(([name, value]) => bar.setAttribute(name, value));
      const length = document.createElementNS(SVG, "rect");
      length.setAttribute("width", 100 * figure.share);
      length.setAttribute("height", 4);
      bar.append(length);
      cell.append(bar);
    }
    if (figure.planned) cell.append(element("span", "planned", figure.planned));
    if (figure.doubt) cell.append(element("span", "doubt", figure.doubt));
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
        offset: [offset.x, offset.y - radiusOf(place)],
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

  // --- the list by arrow keys, the table by its heads ---

  function goThroughList(event) {
    const search = document.querySelector("#filters input[name=q]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const entries = [...document.querySelectorAll("#list [data-id]:not([hidden]) a")];
    const at = entries.indexOf(event.target);
    if (!step || (event.target !== search && at < 0)) return;
    event.preventDefault();
    const next = event.target === search ? (step > 0 ? 0 : -1) : at + step;
    if (entries[next]) entries[next].focus();
    else if (next < 0) search.focus();
  }

  function sortTable(head) {
    const ascending = head.getAttribute("aria-sort") !== "ascending";
    const column = [...head.parentElement.children].indexOf(head);
    document.querySelectorAll("#table thead th").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const body = document.querySelector("#table tbody");
    const comparison = page.comparisons[state.indicator];
    const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
    const amount = (row) => {
      const measure = comparison.measures[row.dataset.id];
      return measure ? (measure.amount === null ? measure.growth : measure.amount) : -Infinity;
    };
    const compare =
      comparison && head.dataset.column === "measure"
        ? (a, b) => amount(a) - amount(b)
        : (a, b) => collator.compare(a.children[column].textContent.trim(), b.children[column].textContent.trim());
    [...body.rows].sort((a, b) => (ascending ? 1 : -1) * compare(a, b)).forEach((row) => body.append(row));
  }

  function makeTableSortable() {
    document.querySelectorAll("#table thead th").forEach((head) => {
      const button = element("button", "sort", head.textContent);
      button.type = "button";
      button.addEventListener("click", () => sortTable(head));
      head.replaceChildren(button);
    });
  }

  // --- basemaps ---

  /** The offset of GCJ-02 from WGS-84 in degrees; the same formula as geo.datum, where its origin is told. */
  function gcjOffset(lon, lat) {
    const { sin, cos, sqrt, abs, PI } = Math;
    const [x, y] = [lon - 105, lat - 35];
    const ripple = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
    const wave = (value, a, b, c) => ((20 * sin(value * PI) + 40 * sin((value / 3) * PI)) * 2) / 3 + ((a * sin((value / 12) * PI) + b * sin((value / 30) * PI)) * 2) / 3 + c;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + wave(x, 150, 300, ripple);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + wave(y, 160, 320, ripple);
    const [axis, e2] = [6378245, 0.006693421622965943];
    const phi = (lat * PI) / 180;
    const w2 = 1 - e2 * sin(phi) ** 2;
    return [((east / ((axis / sqrt(w2)) * cos(phi))) * 180) / PI, ((north / ((axis * (1 - e2)) / w2 ** 1.5)) * 180) / PI];
  }

  /** Web Mercator of GCJ-02 tiles for data in WGS-84: the drawing moves, the data do not. */
  function gcjCrs() {
    const mercator = L.CRS.EPSG3857.projection;
    return L.extend({}, L.CRS.EPSG3857, {
      projection: L.extend({}, mercator, {
        project: (point) => {
          const [lon, lat] = gcjOffset(point.lng, point.lat);
          return mercator.project(L.latLng(point.lat + lat, point.lng + lon));
        },
        unproject: (point) => {
          const there = mercator.unproject(point);
          let [lon, lat] = [there.lng, there.lat];
          for (let step = 0; step < 6; step += 1) {
            const [east, north] = gcjOffset(lon, lat);
            [lon, lat] = [there.lng - east, there.lat - north];
          }
          return L.latLng(lat, lon);
        },
      }),
    });
  }

  let tiles = [];
  let drawnBasemap = "outline";

  /** Change the basemap; the outline stays until the first tile is there, and comes back when none is. */
  function showBasemap() {
    const basemap = page.basemaps[state.basemap];
    document.getElementById("review").textContent = basemap.review;
    document.querySelectorAll("#basemaps input").forEach((choice) => {
      choice.checked = choice.value === state.basemap;
    });
    if (state.basemap === drawnBasemap) return;
    const before = page.basemaps[drawnBasemap];
    if (before.attribution) map.attributionControl.removeAttribution(escaped(before.attribution));
    drawnBasemap = state.basemap;
    tiles.forEach((layer) => layer.remove());
    const container = map.getContainer();
    container.classList.remove("tiles-on");
    document.getElementById("tiles-failed").hidden = true;
    const crs = basemap.datum === "GCJ02" ? gcjCrs() : L.CRS.EPSG3857;
    const [centre, zoom] = [map.getCenter(), map.getZoom()];
    map.options.crs = crs;
    map.setView(centre, zoom, { reset: true, animate: false });
    if (basemap.attribution) map.attributionControl.addAttribution(escaped(basemap.attribution));
    tiles = basemap.urls.map((url, position) => {
      const layer = L.tileLayer(url, { subdomains: basemap.subdomains || "abc", maxNativeZoom: basemap.maxZoom, maxZoom: map.getMaxZoom(), zIndex: position + 1 });
      layer.on("tileload", () => {
        container.classList.add("tiles-on");
        document.getElementById("tiles-failed").hidden = true;
      });
      layer.on("tileerror", () => {
        if (!container.classList.contains("tiles-on")) document.getElementById("tiles-failed").hidden = false;
      });
      return layer.addTo(map);
    });
    layOut();
  }

  /** Leaflet writes attributions as markup. */
  function escaped(text) {
    return element("span", "", text).innerHTML;
  }

  function offerBasemaps() {
    const names = Object.entries(page.basemaps);
    const box = document.getElementById("basemaps");
    box.hidden = names.length < 2;
    for (const [id, basemap] of names) {
      const label = element("label", "");
      const choice = element("input", "");
      choice.type = "radio";
      choice.name = "basemap";
      choice.value = id;
      choice.addEventListener("change", () => {
        state.basemap = id;
        remember("pushState");
        showBasemap();
      });
      label.append(choice, " ", basemap.name);
      box.append(label);
    }
  }

  // --- tools of the map ---

  function addTools(view) {
    const tools = [[page.phrases.all, "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M9 9h6v6H9z", () => map.fitBounds(view, margins())]];
    if (document.fullscreenEnabled) {
      const frame = document.querySelector(".map");
      tools.push([page.phrases.fullScreen, "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", () => (document.fullscreenElement ? document.exitFullscreen() : frame.requestFullscreen())]);
    }
    if (window.isSecureContext && navigator.geolocation) {
      tools.push([page.phrases.locate, "M12 2v4M12 18v4M2 12h4M18 12h4M12 6a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM12 11a1 1 0 1 0 0 2a1 1 0 1 0 0-2z", () => map.locate({ timeout: 10000 })]);
      let here = null;
      map.on("locationfound", (event) => {
        if (here) here.remove();
        // Without an animation: Leaflet drops a view that is asked for while it zooms.
        map.setView(event.latlng, Math.min(13, map.getBoundsZoom(event.bounds)), { animate: false });
        here = L.circle(event.latlng, { radius: event.accuracy, className: "here", interactive: false, pane: "belts" }).addTo(map);
        announce(page.phrases.located);
      });
      map.on("locationerror", () => announce(page.phrases.notLocated));
    }
    const Bar = L.Control.extend({
      onAdd() {
        const bar = element("div", "leaflet-bar tools-bar");
        for (const [label, path, act] of tools) {
          const button = element("button", "");
          const icon = document.createElementNS(SVG, "svg");
          icon.setAttribute("viewBox", "0 0 24 24");
          icon.setAttribute("aria-hidden", "true");
          const drawing = document.createElementNS(SVG, "path");
          drawing.setAttribute("d", path);
          icon.append(drawing);
          button.append(icon);
          button.type = "button";
          button.title = label;
          button.setAttribute("aria-label", label);
          button.addEventListener("click", act);
          bar.append(button);
        }
        L.DomEvent.disableClickPropagation(bar);
        return bar;
      },
    });
    new Bar({ position: "topright" }).addTo(map);
  }

  /** The markup that shows this view in another page. */
  function offerEmbedding() {
    const button = document.getElementById("embed");
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const frame = element("iframe");
      frame.setAttribute("src", new URL(address(state.lang).replace(location.pathname, page.embedUrl), location.href).href);
      frame.setAttribute("title", page.phrases.embedTitle);
      frame.setAttribute("width", "100%");
      frame.setAttribute("height", "480");
      await navigator.clipboard.writeText(frame.outerHTML);
      announce(page.phrases.embedCopied);
    });
  }

  function announce(text) {
    document.getElementById("shown").textContent = text;
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
    document.getElementById("kind").addEventListener("change", (event) => {
      state.kinds = new Set(event.target.value.split(",").filter(Boolean));
      remember("pushState");
      apply();
    });
    document.getElementById("indicator").addEventListener("change", (event) => {
      state.indicator = event.target.value || null;
      // The rows keep their order, which is no longer that of their figures.
      document.querySelector("#table [data-column=measure]").removeAttribute("aria-sort");
      remember("pushState");
      apply();
    });
    document.querySelector(".sheet").addEventListener("keydown", goThroughList);
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
    else map.fitBounds(view, { ...margins(), animate: false });
    document.getElementById("loading").remove();
    addTools(view);
    offerBasemaps();
    offerEmbedding();
    makeTableSortable();
    if (isNarrow()) document.querySelector(".legend").open = false;
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

  return { addPlaces, addNames, addAxisName, start };
})();
