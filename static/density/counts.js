/* How many lie where, in tiles of 64 × 64 cells: fetched, or counted here from places that the page has already. The files of this folder are one script,
   in the order that geo/serve/site.py names; it comes when there is more than can be shown one by one. */

const { map, page, element, margins, isStill, afterLayout } = window.atlas.shared;

const SIDE = 64; // cells along a tile
const LAST_ZOOM = 14; // of the tiles
const KEPT = 600; // tiles, of 16 KB at most
const number = new Intl.NumberFormat(page.language);

/** As geo.layers.density.pyramid.encode_tile writes it: all cells, or a place and a count for each that holds something. */
function readTile(buffer) {
  const numbers = new Uint32Array(buffer);
  if (numbers.length === SIDE * SIDE) return numbers;
  const counts = new Uint32Array(SIDE * SIDE);
  for (let at = 0; at < numbers.length; at += 2) counts[numbers[at]] = numbers[at + 1];
  return counts;
}

/** Tiles of the server: each is asked for once; arrived is called when some have come, failed when one has not. */
function fetchedTiles(read, arrived, failed) {
  const kept = new Map();
  return (z, x, y) => {
    const key = `${z}/${x}/${y}`;
    if (!kept.has(key)) {
      kept.set(key, null);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      read(key).then(
        (buffer) => {
          kept.set(key, readTile(buffer));
          arrived();
        },
        () => {
          kept.delete(key);
          failed();
        },
      );
    }
    return kept.get(key);
  };
}

/** Tiles of places that are here: counted in one go for each zoom. */
function countedTiles(spots) {
  const zooms = new Map();
  return (z, x, y) => {
    if (!zooms.has(z)) {
      const tiles = new Map();
      const cells = SIDE * 2 ** z;
      for (const [across, down] of spots) {
        const [column, row] = [across, down].map((share) => Math.min(cells - 1, Math.max(0, Math.floor(share * cells))));
        const key = `${Math.floor(column / SIDE)}/${Math.floor(row / SIDE)}`;
        if (!tiles.has(key)) tiles.set(key, new Uint32Array(SIDE * SIDE));
        tiles.get(key)[(row % SIDE) * SIDE + (column % SIDE)] += 1;
      }
      zooms.set(z, tiles);
    }
    return zooms.get(z).get(`${x}/${y}`);
  };
}

/** Where a position is in Web Mercator, as shares of its width and height from the north-west. */
function spotOf({ lat, lng }) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [(lng + 180) / 360, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}
