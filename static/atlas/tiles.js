/* Tiles in place of the outline, in their own datum. Part of the script of sites only that offer some. */

/** The offset of GCJ-02 from WGS-84 in degrees; the same formula as geo.ground.datum, where its origin is told. */
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
  document.querySelectorAll("#basemaps input[name=basemap]").forEach((choice) => {
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
  const box = document.getElementById("basemaps");
  box.hidden = false;
  for (const [id, basemap] of Object.entries(page.basemaps)) {
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
