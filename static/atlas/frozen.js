/* A site without a server: what the server does for a page, its script does here. Part of the script of frozen sites only. */

/** A link of a site with a server names its language; here each language has pages of its own, and so have the pages of the list. */
function leadOn() {
  const query = new URLSearchParams(location.search);
  const wanted = document.querySelector(`[data-language="${CSS.escape(query.get("lang") || page.language)}"]`);
  const isOther = wanted && wanted.dataset.language !== page.language;
  const numbered = /\/index-(\d+)\.html$/.exec(location.pathname);
  if (!isOther && !numbered) return;
  query.delete("lang");
  if (numbered && !query.has("page")) query.set("page", numbered[1]);
  const [file] = (isOther ? wanted.getAttribute("href") : page.pageUrl).split(/[?#]/);
  const text = query.toString();
  location.replace(`${file}${text ? `?${text}` : ""}${location.hash}`);
}

leadOn();

let held = null; // the promise of what a page may not fetch: address -> text

/** A page that was opened from a disk may load a script, but not fetch; one script holds what is fetched elsewhere. */
function readHeld(address) {
  held ||= new Promise((resolve, reject) => {
    const script = element("script");
    script.src = page.frozen.heldUrl;
    script.addEventListener("error", reject);
    window.atlas.hold = resolve;
    document.head.append(script);
  });
  return held.then((texts) => new Response(texts[address]));
}

if (location.protocol === "file:") frozen.read = readHeld;

function fill(phrase, values) {
  return phrase.replace(/\{(\w+)\}/g, (_, name) => [...values[name]].slice(0, 40).join(""));
}

/** What of the address cannot be used, in the order and the words of geo/serve/pages/map.py. */
function droppedNotes() {
  const query = new URLSearchParams(location.search);
  const notes = [];
  const drop = (name, value) => notes.push(fill(page.frozen.phrases.dropped, { name, value }));
  const q = query.get("q") || "";
  if ([...q].length > 100 || q.includes("\0")) drop("q", q);
  for (const name of ["corridor", "kind", "district"]) {
    const values = query.getAll(name).flatMap((text) => text.split(","));
    values.filter((value) => value && !Object.hasOwn(page.words[name], value)).forEach((value) => drop(name, value));
  }
  const number = query.get("page") ?? "1";
  if (!/^[1-9]\d{0,5}$/.test(number)) drop("page", number);
  const [indicator, period] = [query.get("indicator"), query.get("period")];
  const isOne = (name) => page.comparisons.some((key) => key.split("@")[0] === name);
  const isThere = page.comparisons.includes(period ? `${(indicator || "").split("@")[0]}@${period}` : indicator);
  if (indicator && !isThere && !(period && isOne(indicator.split("@")[0]))) drop("indicator", indicator);
  else if (period && !isThere) drop("period", period);
  const appended = new RegExp(`^(?:${page.frozen.appended})$`);
  const isKnown = (name) => page.frozen.parameters.includes(name) || appended.test(name);
  [...new Set(query.keys())].filter((name) => !isKnown(name)).forEach((name) => drop(name, query.get(name)));
  const metro = query.get("metro") ?? "on";
  if (!["on", "off"].includes(metro)) drop("metro", metro);
  const basemap = query.get("basemap") ?? "outline";
  if (!Object.hasOwn(page.basemaps, basemap)) drop("basemap", basemap);
  const id = query.get("place");
  if (id && !places.has(id)) notes.push(fill(page.frozen.phrases.noPlace, { id }));
  return notes;
}

frozen.begin = () => {
  const notes = droppedNotes().map((text) => {
    const note = element("p", "note", text);
    note.setAttribute("role", "status");
    return note;
  });
  document.getElementById("finding").after(...notes);
  // Several kinds at once, which an address may ask for, are a choice of their own.
  const kinds = [...state.kinds];
  if (kinds.length > 1) document.getElementById("kind").add(new Option(kinds.map((kind) => page.words.kind[kind]).join(" + "), kinds.join(",")));
  document.getElementById("download").dataset.extension = "geojson";
  document.addEventListener("click", saveView);
};

// --- downloads of the view ---

const ofView = '.panel-foot [data-extension="geojson"], .panel-foot [data-extension="csv"]';

/** As geo.layers.formats.Download.file_name names it. */
function fileName(extension) {
  const query = filterQuery();
  const parts = ["corridor", "kind", "district"].map((name) => query.getAll(name).join("_"));
  if (state.q) parts.push(`q_${[...state.q].slice(0, 40).join("")}`);
  const named = parts.filter(Boolean).map((part) => part.replaceAll(",", "_").replace(/[^\p{L}\p{N}_.]+/gu, "_"));
  return [`${page.frozen.slug}-places`, ...named, `${page.frozen.version}.${extension}`].join("-");
}

frozen.offerDownloads = () => {
  const isNarrowed = filterQuery().toString() !== "";
  const picture = document.getElementById("picture");
  picture.dataset.whole ??= picture.textContent;
  picture.textContent = isNarrowed || state.indicator ? page.frozen.phrases.wholePicture : picture.dataset.whole;
  document.querySelectorAll(ofView).forEach((download) => {
    const { extension } = download.dataset;
    download.setAttribute("download", fileName(extension));
    if (shown.length) {
      download.setAttribute("href", page.layerUrl.replace(/geojson$/, extension));
      download.removeAttribute("aria-disabled");
    } else {
      download.removeAttribute("href");
      download.setAttribute("aria-disabled", "true");
    }
  });
};

/** The features of a layer as they are written, so that a part of it has the bytes that a server would give. */
function featuresOf(collection) {
  const begin = collection.indexOf('"features":[');
  const features = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of collection.slice(begin).matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{" && (depth += 1) === 1) start = index;
    if (token === "}" && (depth -= 1) === 0) features.push(collection.slice(begin + start, begin + index + 1));
  }
  return features;
}

/** All sources of what is shown, in one line, as geo.layers.formats.Download.attribution. */
function attributionOf({ credits, places: byPlace, corridors }) {
  const used = new Set([...shown.flatMap(({ place }) => byPlace[place.id]), ...[...state.corridors].flatMap((corridor) => corridors[corridor])]);
  return credits.filter(([id]) => used.has(id)).map(([, credit]) => credit).join("; ");
}

const writers = {
  geojson: (whole, sources) => {
    const features = featuresOf(whole);
    const about = JSON.stringify({ version: page.frozen.version, attribution: attributionOf(sources) }).slice(1, -1);
    return `{"type":"FeatureCollection",${about},"features":[${shown.map(({ place }) => features[place.position]).join(",")}]}`;
  },
  csv: (whole) => {
    const [head, ...rows] = whole.match(/(?:[^"\r]|"[^"]*")*\r\n/g);
    return [head, ...shown.map(({ place }) => rows[place.position])].join("");
  },
};

/** Where the view is narrowed, a file of it is made here; where it is whole, the file is there. */
async function saveView(event) {
  const download = event.target.closest(ofView);
  if (!download || !download.hasAttribute("href") || filterQuery().toString() === "") return;
  event.preventDefault();
  const { extension } = download.dataset;
  const name = download.getAttribute("download");
  try {
    const addresses = [download.getAttribute("href"), page.frozen.attributionsUrl];
    const answers = await Promise.all(addresses.map((address) => (frozen.read || fetch)(address)));
    if (!answers.every((answer) => answer.ok)) throw new Error("not there");
    const [whole, sources] = await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    // The byte order mark stays: spreadsheets need it.
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(whole);
    const made = element("a");
    made.href = URL.createObjectURL(new Blob([writers[extension](text, JSON.parse(new TextDecoder().decode(sources)))]));
    made.download = name;
    made.click();
    // The browser has begun to save by then.
    setTimeout(() => URL.revokeObjectURL(made.href), 60000);
  } catch {
    announce(page.frozen.phrases.noDownload);
  }
}
