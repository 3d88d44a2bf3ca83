/* Tools of the map: zoom to all, full screen, my place, embedding, printing. */

function addTools(view) {
  const tools = [[page.phrases.all, "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5M9 9h6v6H9z", () => map.fitBounds(view, { ...margins(), animate: !isStill() })]];
  if (document.fullscreenEnabled) {
    const frame = document.querySelector("main.map");
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

/** The markup that shows this view in another page. */
function offerEmbedding() {
  const button = document.getElementById("embed");
  button.hidden = !navigator.clipboard;
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
