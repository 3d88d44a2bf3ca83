/* The legend, drawn as the server says: geo/draw/legend.py decides what it shows; which of its rows are needed, the view does. */

/** How many things of each kind are seen, by the keys of the rows that explain them: as geo.draw.legend.count_seen. */
function countSeen() {
  const counts = new Map();
  const count = (key) => counts.set(key, (counts.get(key) || 0) + 1);
  const isDrawn = (part) => {
    const drawn = map.getPane(part === ".tie" ? "ties" : "belts").querySelector(part);
    return Boolean(drawn) && getComputedStyle(drawn).display !== "none";
  };
  for (const { place, latLng } of shown) {
    const look = lookOf(place);
    if (!latLng) {
      count("missing");
      continue;
    }
    count(state.indicator ? look.form : place.symbol);
    if (look.core) count("span");
    if (look.form !== "without") count(`corridor:${place.corridor}`);
  }
  counts.set("ring", rings.size);
  ["belt", "tie"].filter((part) => isDrawn(`.${part}`)).forEach(count);
  page.corridors.filter((corridor) => isDrawn(`.belt.corridor-${corridor}`)).forEach((corridor) => count(`corridor:${corridor}`));
  return counts;
}

function drawLegend() {
  const comparison = comparisons[state.indicator];
  const { title, scales, rows, corridors } = { ...page.legend, ...(comparison && comparison.legend) };
  const counts = countSeen();
  const sizes = document.getElementById("sizes");
  sizes.hidden = !comparison;
  sizes.replaceChildren(element("p", "sizes-title", title.join(" · ")), ...scales.map(drawScale));
  document.getElementById("symbols").replaceChildren(...rows.flatMap((row) => drawRow(row, counts)));
  document.getElementById("hues").replaceChildren(...corridors.flatMap((row) => drawRow(row, counts)));
}

/** Fold the legend where it would cover much of what it explains; tell whether it was open. */
function foldLegend() {
  const legend = document.querySelector(".legend");
  const wasOpen = legend.open;
  const { x, y } = map.getSize();
  if ((isNarrow() && !isEmbedded) || legend.offsetHeight > 0.62 * y || x <= 560) legend.open = false;
  return wasOpen && !legend.open;
}

/** A row of the legend, or none where nothing that it explains is seen. */
function drawRow({ keys, text, swatch }, counts) {
  const seen = keys.reduce((sum, key) => sum + (counts.get(key) || 0), 0);
  if (!seen) return [];
  const row = element("li", swatch ? "" : "aside");
  if (swatch) row.append(drawingOf(swatch, { "aria-hidden": "true" }));
  row.append(element("bdi", "", text.replace("{count}", seen)));
  return [row];
}

function drawScale(scale) {
  return drawingOf(scale, { role: "img", "aria-label": scale.letters.map(({ text }) => text).join(", ") });
}

/** Shapes and letters as an element. */
function drawingOf({ width, height, shapes, letters }, attributes) {
  const svg = svgElement("svg", { width, height, viewBox: `0 0 ${width} ${height}`, ...attributes });
  svg.append(...shapes.map((shape) => svgElement(shape.tag, shape.attributes)));
  for (const { x, y, text, anchor } of letters) {
    const written = svgElement("text", { x, y, "text-anchor": anchor });
    written.textContent = text;
    svg.append(written);
  }
  return svg;
}
