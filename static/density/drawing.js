/* The counts on a canvas: a square for each cell, the stronger the more lie in it, and their number in each block of cells. Every number is exact. */

const AROUND = 0.2; // how far beyond the view is drawn, as a share of it
const BLOCK = 16; // cells along a block, which bears one number
const CELL = 4; // pixels, at a whole zoom
const STRENGTHS = [0.4, 0.55, 0.7, 0.85, 1]; // of a cell with 1, up to 10, 100, 1000 and more
const LETTERS = 11;
const FEW = 6; // cells of a block that are drawn as dots
const radiusOf = (count) => 2.5 + 1.5 * Math.log10(count);

/** A colour of the style sheet as a canvas on the page knows it, in the present theme. */
function colourOf(canvas, name) {
  canvas.style.color = `var(${name})`;
  return getComputedStyle(canvas).color;
}

/** A layer of counts; tilesOf gives the counts of a tile, or nothing where it is empty or not there yet. */
function densityLayer({ pane, colour, tilesOf }) {
  const canvas = element("canvas", "density");
  canvas.setAttribute("aria-hidden", "true");
  let overlay = null;
  let labels = []; // the number of each block: {x, y, count} on the canvas, and {left, top, side} of the block in pixels of the layer
  let asked = 0;

  function draw() {
    asked = 0;
    const zoom = map.getZoom();
    const z = Math.min(LAST_ZOOM, Math.max(0, Math.floor(zoom)));
    const scale = 2 ** (zoom - z);
    const size = map.getSize();
    const margin = L.point(size.x * AROUND, size.y * AROUND).round();
    const origin = map.containerPointToLayerPoint(margin.multiplyBy(-1));
    const [width, height] = [size.x + 2 * margin.x, size.y + 2 * margin.y];
    const sharp = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = width * sharp;
    canvas.height = height * sharp;
    const bounds = L.latLngBounds(map.layerPointToLatLng(origin), map.layerPointToLatLng(origin.add([width, height])));
    if (overlay) overlay.setBounds(bounds);
    else overlay = L.svgOverlay(canvas, bounds, { pane });
    if (!map.hasLayer(overlay)) overlay.addTo(map);
    const pen = canvas.getContext("2d");
    const tiles = tilesIn(map.getPixelOrigin().add(origin), width, height, z, scale);
    drawCells(pen, tiles, scale, sharp);
    labels = tiles.flatMap((tile) => blocksOf(tile, scale));
    drawSpots(pen, sharp);
    drawNumbers(pen, sharp);
    labels = labels.map((label) => ({ ...label, left: label.left + origin.x, top: label.top + origin.y }));
    // For whoever looks at the page with a program.
    canvas.dataset.total = labels.reduce((sum, { count }) => sum + count, 0);
  }

  function tilesIn(corner, width, height, z, scale) {
    const side = 256 * scale;
    const last = 2 ** z - 1;
    const found = [];
    for (let y = Math.max(0, Math.floor(corner.y / side)); y <= Math.min(last, Math.floor((corner.y + height) / side)); y += 1) {
      for (let x = Math.max(0, Math.floor(corner.x / side)); x <= Math.min(last, Math.floor((corner.x + width) / side)); x += 1) {
        const counts = tilesOf(z, x, y);
        if (counts) found.push({ left: x * side - corner.x, top: y * side - corner.y, counts });
      }
    }
    return found;
  }

  function drawCells(pen, tiles, scale, sharp) {
    const side = CELL * scale * sharp;
    pen.fillStyle = colourOf(canvas, colour);
    STRENGTHS.forEach((strength, which) => {
      const [least, most] = [which ? 10 ** (which - 1) + 1 : 1, which < STRENGTHS.length - 1 ? 10 ** which : Infinity];
      pen.globalAlpha = strength;
      for (const { left, top, counts } of tiles) {
        for (let at = 0; at < counts.length; at += 1) {
          if (counts[at] < least || counts[at] > most) continue;
          const [x, y] = [left * sharp + (at % SIDE) * side, top * sharp + Math.floor(at / SIDE) * side];
          // Edges on whole pixels: else a seam is seen between two cells.
          pen.fillRect(Math.round(x), Math.round(y), Math.round(x + side) - Math.round(x), Math.round(y + side) - Math.round(y));
        }
      }
    });
    pen.globalAlpha = 1;
  }

  /** The number of each block that holds anything, in the middle of what it holds, and never in another block. */
  function blocksOf({ left, top, counts }, scale) {
    const found = [];
    const side = CELL * scale;
    for (let down = 0; down < SIDE; down += BLOCK) {
      for (let across = 0; across < SIDE; across += BLOCK) {
        let [count, x, y] = [0, 0, 0];
        const cells = [];
        for (let row = down; row < down + BLOCK; row += 1) {
          for (let column = across; column < across + BLOCK; column += 1) {
            const own = counts[row * SIDE + column];
            if (!own) continue;
            count += own;
            if (cells.length <= FEW) cells.push({ x: left + (column + 0.5) * side, y: top + (row + 0.5) * side, count: own });
            x += own * (column + 0.5);
            y += own * (row + 0.5);
          }
        }
        if (!count) continue;
        // Few cells are dots, and the number stands above the largest one; many are a surface, and it stands in its middle.
        const dots = cells.length <= FEW ? cells : [];
        const [largest] = [...dots].sort((a, b) => b.count - a.count);
        const middle = largest ? { x: largest.x - left, y: largest.y - top - radiusOf(largest.count) - LETTERS / 2 - 1 } : { x: (x / count) * side, y: (y / count) * side };
        const [half, tall] = [(number.format(count).length * LETTERS * 0.58) / 2 + 2, LETTERS / 2 + 2];
        const within = (value, start, room) => Math.min(Math.max(value, start * side + room), (start + BLOCK) * side - room);
        const spot = { x: left + within(middle.x, across, half), y: top + within(middle.y, down, tall) };
        found.push({ ...spot, count, dots, left: left + across * side, top: top + down * side, side: BLOCK * side });
      }
    }
    return found;
  }

  /** What stands alone would be lost as a cell: it is a dot that grows with its number. */
  function drawSpots(pen, sharp) {
    pen.save();
    pen.scale(sharp, sharp);
    pen.fillStyle = colourOf(canvas, colour);
    pen.strokeStyle = colourOf(canvas, "--card");
    for (const { x, y, count } of labels.flatMap(({ dots }) => dots)) {
      pen.beginPath();
      pen.arc(x, y, radiusOf(count), 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
    pen.restore();
  }

  function drawNumbers(pen, sharp) {
    pen.save();
    pen.scale(sharp, sharp);
    Object.assign(pen, { font: `600 ${LETTERS}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 3.5 });
    pen.strokeStyle = colourOf(canvas, "--card");
    pen.fillStyle = colourOf(canvas, "--ink");
    for (const { x, y, count } of labels) {
      const text = number.format(count);
      pen.strokeText(text, x, y);
      pen.fillText(text, x, y);
    }
    pen.restore();
  }

  const layer = {
    draw,
    /** Draw soon, once for all who ask. */
    drawSoon: () => {
      asked ||= requestAnimationFrame(draw);
    },
    /** Draw again soon, where it is shown. */
    redraw: () => overlay && map.hasLayer(overlay) && layer.drawSoon(),
    remove: () => {
      cancelAnimationFrame(asked);
      asked = 0;
      if (overlay) overlay.remove();
    },
    /** The block that holds a point of the layer, where it holds anything else. */
    blockAt: ({ x, y }) => labels.find(({ left, top, side }) => x >= left && x < left + side && y >= top && y < top + side),
  };
  // A canvas does not know of tokens: it is drawn again when they change.
  new MutationObserver(layer.redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", layer.redraw);
  return layer;
}
