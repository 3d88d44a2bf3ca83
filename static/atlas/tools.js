/* Tools of the map: zoom to all, full screen, my place, printing. */

function addTools(view) {
  const tools = [[page.phrases.all, "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M9 9h6v6H9z", () => map.fitBounds(view, { ...margins(), animate: !isStill() })]];
  // A frame is filled already.
  if (document.fullscreenEnabled || !isEmbedded) tools.push([page.phrases.fullScreen, "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", fillScreen]);
  if (window.isSecureContext && navigator.geolocation) {
    tools.push([page.phrases.locate, "M12 2v4M12 18v4M2 12h4M18 12h4M12 6a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM12 11a1 1 0 1 0 0 2a1 1 0 1 0 0-2z", () => map.locate({ timeout: 10000 })]);
    let here = null;
    map.on("locationfound", (event) => {
      if (here) here.remove();
      here = null;
      const away = wholeView.contains(event.latlng) ? 0 : map.distance(event.latlng, nearestOf(wholeView, event.latlng));
      if (away > event.accuracy) {
        tell(page.phrases.away.replace("{distance}", new Intl.NumberFormat(document.documentElement.lang).format(roughly(away / 1000))));
        return;
      }
      // Without an animation: Leaflet drops a view that is asked for while it zooms.
      map.setView(event.latlng, Math.min(13, map.getBoundsZoom(event.bounds)), { animate: false });
      here = L.circle(event.latlng, { radius: event.accuracy, className: "here", interactive: false, pane: "belts" }).addTo(map);
      tell(page.phrases.located);
    });
    map.on("locationerror", () => tell(page.phrases.notLocated));
  }
  const Bar = L.Control.extend({
    onAdd() {
      const bar = element("div", "leaflet-bar tools-bar");
      for (const [label, path, act] of tools) {
        const button = element("button", "");
        const icon = svgElement("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
        icon.append(svgElement("path", { d: path }));
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

/** The spot of a box that is nearest to a point. */
function nearestOf(bounds, { lat, lng }) {
  const within = (value, least, most) => Math.min(Math.max(value, least), most);
  return L.latLng(within(lat, bounds.getSouth(), bounds.getNorth()), within(lng, bounds.getWest(), bounds.getEast()));
}

/** A distance as people say it: with two digits. */
function roughly(kilometres) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(kilometres)) - 1);
  return Math.max(1, Math.round(kilometres / step) * step);
}

/** In a frame the page around is scrolled, and the map moves with two fingers, or with the wheel and Ctrl. */
function leaveScrollingToTheArticle() {
  const container = map.getContainer();
  container.addEventListener("wheel", (event) => {
    const isMeant = event.ctrlKey || event.metaKey;
    map.scrollWheelZoom[isMeant ? "enable" : "disable"]();
    if (!isMeant) tell(page.phrases.withCtrl, 1500);
  }, { capture: true, passive: true });
  map.scrollWheelZoom.disable();
  if (!window.matchMedia("(pointer: coarse)").matches) return;
  map.dragging.disable();
  container.addEventListener("touchmove", ({ touches }) => {
    if (touches.length === 1) tell(page.phrases.withTwoFingers, 1500);
  }, { passive: true });
}

/** Paper has another shape than the window: show on it what the window shows, and go back afterwards. */
function followPrinter() {
  let before = null;
  const fit = (isPrinting) => {
    if (isPrinting) {
      before ||= { centre: map.getCenter(), zoom: map.getZoom(), isFitted, bounds: isFitted ? boundsOfView() : L.latLngBounds(seenCorners()) };
    } else if (!before) return;
    // The class gives the map the size of the paper: a browser tells of printing while the window still has its own.
    document.body.classList.toggle("printing", isPrinting);
    document.querySelectorAll(isPrinting ? ":is(.more, .legend):not([open])" : ".unfolded").forEach((more) => {
      more.open = isPrinting;
      more.classList.toggle("unfolded", isPrinting);
    });
    map.invalidateSize({ animate: false, pan: false });
    // Nothing lies under the legend, which on paper nobody folds.
    const { offsetWidth } = document.querySelector(".legend");
    if (isPrinting) map.fitBounds(before.bounds, { paddingTopLeft: [24, 24], paddingBottomRight: [offsetWidth + 24, 24], animate: false });
    else {
      map.setView(before.centre, before.zoom, { animate: false });
      isFitted = before.isFitted;
      before = null;
    }
  };
  // A browser tells of printing in the one way or the other, or in both.
  window.addEventListener("beforeprint", () => fit(true));
  window.addEventListener("afterprint", () => fit(false));
  window.matchMedia("print").addEventListener("change", (event) => fit(event.matches));
}

/** What stands at the foot of the map stands above the credits: they take a line or more. */
function followCredits() {
  const [credits, note] = [map.attributionControl.getContainer(), document.querySelector(".review")];
  const observer = new ResizeObserver(() => {
    const { style } = map.getContainer().parentElement;
    style.setProperty("--credits", `${credits.offsetHeight}px`);
    style.setProperty("--note", `${note.offsetHeight}px`);
  });
  [credits, note].forEach((piece) => observer.observe(piece));
}
