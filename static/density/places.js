/* More places than dots can show: the map counts those that its filters leave, so that the numbers are those of what is chosen. */

const DENSE = 20000; // as geo.serve.data.density.DENSE

const NEAR = 15; // the zoom from which they are dots, as geo.layers.density.pyramid.FEATURES_ZOOM

let dense = null; // what was counted last, and the layer that shows it
let isCounted = false; // in the layout that is under way

/** Draw places as counts, where they are that many and far; tells whether it has. */
function drawDense(entries) {
  isCounted = entries.length > page.dense.from && map.getZoom() < page.dense.near;
  if (!isCounted) return false;
  // The same places are given in an array of their own at each move.
  if (!dense || dense.first !== entries[0] || dense.last !== entries.at(-1) || dense.count !== entries.length) {
    if (dense) dense.layer.remove();
    const tilesOf = countedTiles(entries.map(({ latLng }) => spotOf(latLng)));
    // Of all corridors together, in the colour of none.
    dense = { first: entries[0], last: entries.at(-1), count: entries.length, layer: densityLayer({ pane: "dots", colour: "--ink", tilesOf }) };
  }
  dense.layer.draw();
  document.getElementById("crowded").textContent = page.dense.phrase.replace("{count}", entries.length);
  return true;
}

if (page.dense) {
  window.atlas.drawDense = drawDense;
  // What is near is laid out without dots, and nobody asks for counts.
  afterLayout.push(() => {
    if (!isCounted && dense) dense.layer.remove();
    isCounted = false;
  });
  map.fire("moveend");
}
