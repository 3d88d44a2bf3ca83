/* The legend: the symbols that are shown, and the nested circles of the chosen comparison. */

function nice(number) {
  return Number(number.toPrecision(1));
}

function drawLegend() {
  const located = shown.filter((entry) => entry.latLng);
  // A tie joins two places: where only some are shown, none is drawn.
  map.getContainer().classList.toggle("narrowed", Boolean(state.q || state.kinds.size || state.districts.size));
  const symbols = new Set(state.indicator ? [] : located.map((entry) => entry.place.symbol));
  for (const part of ["belt", "tie"]) {
    const drawn = map.getPane("belts").querySelector(`.${part}`);
    if (drawn && getComputedStyle(drawn).display !== "none") symbols.add(part);
  }
  document.querySelectorAll("#symbols [data-symbol]").forEach((item) => {
    item.hidden = !item.dataset.symbol.split(" ").some((symbol) => symbols.has(symbol));
  });
  drawSizes(located);
}

/** The nested circles, and how many of the symbols shown have no figure. */
function drawSizes(located) {
  const box = document.getElementById("sizes");
  const comparison = comparisons[state.indicator];
  box.hidden = !comparison;
  box.replaceChildren();
  if (!comparison) return;
  box.append(element("p", "sizes-title", comparison.unit ? `${comparison.title} · ${comparison.unit}` : comparison.title));
  if (comparison.largest > 0) {
    const full = page.marks.largest;
    const amounts = [comparison.largest, nice(comparison.largest / 3), nice(comparison.largest / 10)];
    const svg = svgElement("svg", { class: "sizes", width: 190, height: 2 * full + 4, role: "img", "aria-label": amounts.join(", ") });
    amounts.forEach((amount, position) => {
      const radius = full * Math.sqrt(amount / comparison.largest);
      const top = 2 * full + 2 - 2 * radius;
      const level = [8, full + 4, 2 * full - 2][position];
      const text = svgElement("text", { x: 2 * full + 30, y: level + 4 });
      text.textContent = amount.toLocaleString(document.documentElement.lang, { useGrouping: document.documentElement.lang === "en" });
      svg.append(
        svgElement("circle", { cx: full + 2, cy: 2 * full + 2 - radius, r: radius }),
        svgElement("line", { x1: full + 2, y1: top, x2: 2 * full + 26, y2: level }),
        text,
      );
    });
    box.append(svg);
  }
  if (Object.values(comparison.measures).some((measure) => measure.growth !== null)) box.append(element("p", "", page.phrases.growthScale));
  const without = located.filter(({ place }) => !(place.id in comparison.measures)).length;
  if (without) box.append(element("p", "", page.phrases.without.replace("{count}", without)));
}
