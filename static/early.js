/* What is there before the first paint: the reader's choice of dark or light, and the place of the map's first drawing. */
"use strict";

const isNarrow = () => window.matchMedia("(max-width: 760px)").matches;

/** How much of a map of some size its view leaves free at each side, in pixels: for the buttons at the right, what stands at the foot, and the sheet. */
const roomAround = (covered, width, height) => {
  const [right, bottom] = isNarrow() ? [58, width < 360 ? 100 : 72] : [36, height > 430 ? 36 : 76];
  // Of a small map more is left than what stands at its edges.
  const [across, down] = [Math.min(1, (0.45 * width) / (36 + right)), Math.min(1, (0.45 * (height - covered)) / (36 + bottom))];
  return { left: 36 * across, top: 36 * down, right: right * across, bottom: bottom * down + covered };
};

/** The view that an address asks for. */
function viewOf(hash) {
  const found = /^#map=(\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)\/(-?\d+(?:\.\d+)?)$/.exec(hash);
  return found ? { zoom: Number(found[1]), centre: [Number(found[2]), Number(found[3])] } : null;
}

(() => {
  const root = document.documentElement;
  // For the style sheet: what needs a script is shown only where there is one.
  root.classList.add("js");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";

  // A browser may refuse to keep anything; the choice then lasts for the page.
  const keep = (act) => {
    try {
      return act();
    } catch {
      return null;
    }
  };

  const kept = keep(() => localStorage.getItem("theme"));
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      keep(() => localStorage.setItem("theme", root.dataset.theme));
    });
  });
})();

/** The drawing that came with the page, laid where the map is going to show the same: its view is chosen as Leaflet chooses it. */
class MapSketch extends HTMLElement {
  connectedCallback() {
    // Called before each paint for which the map's size is new, the first included: only then the style sheet is known to be there.
    this.observer = new ResizeObserver(() => this.settle());
    this.observer.observe(this.parentElement);
  }

  disconnectedCallback() {
    this.observer.disconnect();
  }

  settle() {
    const { classList } = document.body;
    // Of a site without a server every page comes whole; the script narrows it.
    this.hidden = classList.contains("frozen") && location.search !== "";
    const [left, top, right, bottom] = this.dataset.bounds.split(" ").map(Number);
    const { clientWidth: width, clientHeight: height } = this.parentElement;
    const wanted = viewOf(location.hash);
    const [least, most, snap] = this.dataset.range.split(" ").map(Number);
    const within = (zoom) => Math.min(Math.max(zoom, least), most);
    let zoom;
    let middle; // of the map, in pixels of the world at zoom 0
    if (wanted) {
      const [lat, lon] = wanted.centre;
      zoom = within(wanted.zoom);
      middle = [128 + (lon * 256) / 360, 128 - (Math.asinh(Math.tan((lat * Math.PI) / 180)) * 128) / Math.PI];
    } else {
      // On a phone the sheet rises to the middle of the map.
      const room = roomAround(isNarrow() && !classList.contains("embed") ? (height > 400 ? height / 2 : 0.36 * height) : 0, width, height);
      const ratio = Math.min((width - room.left - room.right) / (right - left), (height - room.top - room.bottom) / (bottom - top));
      zoom = within(Math.floor(Math.log2(ratio) / snap + 0.01) * snap);
      const half = 2 * 2 ** zoom;
      middle = [(left + right) / 2 + (room.right - room.left) / half, (top + bottom) / 2 + (room.bottom - room.top) / half];
    }
    const [wide, narrow] = this.dataset.zoom.split(" ").map(Number);
    this.classList.toggle("far", Math.abs(zoom - (isNarrow() ? narrow : wide)) > 0.5);
    const scale = 2 ** zoom;
    const px = (value) => `${value.toFixed(2)}px`;
    Object.assign(this.style, {
      inset: "auto",
      left: px(width / 2 + (left - middle[0]) * scale),
      top: px(height / 2 + (top - middle[1]) * scale),
      width: px((right - left) * scale),
      height: px((bottom - top) * scale),
      fontSize: px(13 * 2 ** (wide - zoom)),
    });
  }
}

customElements.define("map-sketch", MapSketch);
