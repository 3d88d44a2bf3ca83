/* The state of the page and its twin in the address. The files of this folder are served as one script, in the order that geo/serve/site.py names. */

const page = JSON.parse(document.getElementById("page-state").textContent);
const places = new Map(); // id -> {place, layer, latLng, marker, offset, point}; latLng is null for a place without a location
const comparisons = {}; // key -> {title, finding, legend, measures}; empty until they have been asked for
const isEmbedded = document.body.classList.contains("embed");
const SVG = "http://www.w3.org/2000/svg";

let map;
let layers; // corridor -> its layer
const state = {}; // as readState gives it
let shown = []; // the places of the view, in the order of the table
const frozen = {}; // what a site without a server does itself; frozen.js fills it

function readState() {
  const query = new URLSearchParams(location.search);
  // A period takes the place of the indicator's own, as geo.layers.comparisons.key_at has it.
  const [indicator, period] = [query.get("indicator"), query.get("period")];
  const keys = [period && indicator ? `${indicator.split("@")[0]}@${period}` : indicator, indicator];
  const values = (name) => query.getAll(name).flatMap((text) => text.split(",")).filter(Boolean);
  const known = values("corridor").filter((value) => page.corridors.includes(value));
  const allOff = query.getAll("corridor").length === 1 && query.get("corridor") === "";
  const only = (name) => new Set(Object.keys(page.words[name]).filter((value) => values(name).includes(value)));
  return {
    corridors: new Set(allOff ? [] : known.length ? known : page.corridors),
    kinds: only("kind"),
    districts: only("district"),
    q: [...(query.get("q") || "")].length <= 100 ? query.get("q") || "" : "",
    page: /^[1-9]\d{0,5}$/.test(query.get("page")) ? Number(query.get("page")) : 1,
    basemap: Object.hasOwn(page.basemaps, query.get("basemap")) ? query.get("basemap") : "outline",
    metro: query.get("metro") !== "off",
    indicator: keys.find((key) => page.comparisons.includes(key)) || null,
    period,
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

function address(lang, number = state.page) {
  const query = filterQuery();
  if (state.indicator) {
    const [name, period, ...variant] = state.indicator.split("@");
    const isApart = period && period === state.period && !variant.length;
    query.append("indicator", isApart ? name : state.indicator);
    if (isApart) query.append("period", period);
  }
  if (state.place) query.append("place", state.place);
  if (state.basemap !== "outline") query.append("basemap", state.basemap);
  if (!state.metro) query.append("metro", "off");
  if (number > 1) query.append("page", number);
  if (lang && !page.frozen) query.append("lang", lang);
  const text = query.toString();
  return `${location.pathname}${text ? `?${text}` : ""}${location.hash}`;
}

function remember(how) {
  history[how](null, "", address(state.lang));
  linkElsewhere();
}

/** The same state in the other language, on the other pages of a list, and of an embedded map in the whole page. */
function linkElsewhere() {
  linkTurns();
  const whole = document.getElementById("whole");
  if (whole) whole.setAttribute("href", address(state.lang).replace(location.pathname, page.pageUrl));
  document.querySelectorAll("[data-language]").forEach((link) => {
    const [own] = link.getAttribute("href").split(/[?#]/);
    link.setAttribute("href", own + address(link.dataset.language).slice(location.pathname.length));
  });
}

function rememberView() {
  const centre = map.getCenter();
  history.replaceState(null, "", `#map=${map.getZoom()}/${centre.lat.toFixed(4)}/${centre.lng.toFixed(4)}`);
  remember("replaceState");
}

// --- filters ---

/** As geo.ground.names.normalize_name: only letters and digits count, in any width or case. */
function normalize(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}

/** What the view shows, in the order of the table; and how many each switch and each kind would show beside the other filters. */
function filterPlaces() {
  const wanted = normalize(state.q);
  const found = [];
  const counts = { corridor: {}, kind: {} };
  const count = (name, value) => (counts[name][value] = (counts[name][value] || 0) + 1);
  for (const entry of places.values()) {
    const { corridor, kind, district, search } = entry.place;
    if (state.districts.size && !state.districts.has(district)) continue;
    if (wanted !== "" && !search.some((key) => key.includes(wanted))) continue;
    const [isOn, isOfKind] = [state.corridors.has(corridor), state.kinds.size === 0 || state.kinds.has(kind)];
    if (isOfKind) count("corridor", corridor);
    if (isOn) count("kind", kind);
    if (isOn && isOfKind) found.push(entry);
  }
  return { found: found.sort((a, b) => a.place.position - b.place.position), counts };
}

function showCounts({ corridor, kind }) {
  document.querySelectorAll("#filters .switch .count").forEach((written) => {
    const own = written.closest(".switch").querySelector("input");
    written.textContent = own ? corridor[own.value] || 0 : Object.values(corridor).reduce((sum, one) => sum + one, 0);
  });
  document.querySelectorAll("#kind option").forEach((option) => {
    if (Object.hasOwn(page.words.kind, option.value)) option.textContent = `${page.words.kind[option.value]} ${kind[option.value] || 0}`;
  });
}

/** Whether the view shows a part only, whatever its corridors. */
const isNarrowed = () => Boolean(state.q || state.kinds.size || state.districts.size);
const isWhole = () => !isNarrowed() && state.corridors.size === page.corridors.length;

/** Make the map, the list, the table, the counts and the downloads show the state. */
function apply({ isFirst = false, laysOut = true } = {}) {
  const { found, counts } = filterPlaces();
  shown = found;
  closeChoice();
  showCounts(counts);
  for (const corridor of page.corridors) {
    map[state.corridors.has(corridor) ? "addLayer" : "removeLayer"](layers[corridor]);
  }
  document.querySelectorAll("#filters input[name=corridor]").forEach((box) => {
    box.checked = state.corridors.has(box.value);
  });
  const search = document.querySelector("#filters input[name=q]");
  if (search.value !== state.q) search.value = state.q;
  const all = document.getElementById("all");
  if (state.corridors.size === page.corridors.length) all.setAttribute("aria-current", "true");
  else all.removeAttribute("aria-current");
  document.getElementById("shown").textContent = countOfView();
  document.getElementById("clear").hidden = isWhole();
  showEmpty();
  listCorridors();
  document.getElementById("kind").value = [...state.kinds].join(",");
  document.getElementById("indicator").value = state.indicator || "";
  showFinding();
  const compared = document.querySelector("#compared bdi");
  if (compared) compared.textContent = state.indicator ? comparisons[state.indicator].title : "";
  state.page = Math.min(state.page, Math.max(1, Math.ceil(shown.length / page.rows)));
  // The server, where there is one, has written the rows of the address already.
  if (!isFirst || page.frozen) (places.size > page.marks.crowd ? () => withWords(drawRowsNext) : drawRows)();
  // A tie joins two places: where only some are shown, none is drawn.
  map.getContainer().classList.toggle("narrowed", isNarrowed());
  drawLegend();
  if (hasTiles) showBasemap();
  (frozen.offerDownloads || offerDownloads)();
  if (state.place && !shown.some(({ place }) => place.id === state.place)) select(null);
  if (laysOut) layOut();
}

/** How many places are shown, and how many of them can be compared. */
function countOfView() {
  const comparison = comparisons[state.indicator];
  const { shown: whole, compared } = page.phrases;
  if (!comparison || !shown.length) return whole.replace("{shown}", shown.length).replace("{all}", places.size);
  const having = shown.filter(({ place }) => comparison.measures[place.id]).length;
  return compared[comparison.isComparable ? Math.min(having, 2) : 1].replace("{with}", having).replace("{all}", shown.length);
}

function showFinding() {
  // The server has written that of the address.
  if (!hasWords) return;
  const comparison = comparisons[state.indicator];
  document.querySelector("#finding bdi").textContent = comparison && isWhole() ? comparison.finding : findingOfView();
}

/** The sentence of the view: as geo.words.cards.Wording.finding. */
function findingOfView() {
  if (!state.corridors.size) return page.phrases.noLayer;
  if (!shown.length) return page.phrases.noPlace;
  const leads = shown.map(({ place }) => place.lead).filter(Boolean);
  if (leads.length) return leads.reduce((first, lead) => (lead[0] < first[0] ? lead : first))[1];
  const figures = shown.reduce((sum, { place }) => sum + place.figures, 0);
  return page.phrases.counted[Math.min(shown.length, 2) - 1][Math.min(figures, 2)].replace("{places}", shown.length).replace("{figures}", figures);
}

function offerDownloads() {
  const drawn = filterQuery();
  if (state.indicator) drawn.append("indicator", state.indicator);
  drawn.append("lang", page.language);
  document.getElementById("picture").setAttribute("href", `${page.pictureUrl}?${drawn}`);
  const chosen = filterQuery();
  chosen.append("f", "html");
  chosen.append("lang", page.language);
  document.getElementById("formats").setAttribute("href", `${page.formatsUrl}?${chosen}`);
  const download = document.getElementById("download");
  if (shown.length) {
    const query = filterQuery().toString();
    download.setAttribute("href", `${page.layerUrl}${query ? `?${query}` : ""}`);
    download.removeAttribute("aria-disabled");
  } else {
    download.removeAttribute("href");
    download.setAttribute("aria-disabled", "true");
  }
}

function announce(text) {
  document.getElementById("shown").textContent = text;
}

let noticed = 0;

/** Say on the map what became of something that was done on the map. */
function tell(text, forMs = 8000) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(noticed);
  noticed = setTimeout(() => (notice.hidden = true), forMs);
}

/** An element whose text is only ever text. */
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function svgElement(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

function link(href, className, text) {
  const made = element("a", className);
  made.append(element("bdi", "", text));
  made.setAttribute("href", href);
  return made;
}
