/* The outline under everything. */

const hasTiles = Object.keys(page.basemaps).length > 1; // whether there is another ground to choose: tiles.js
const districts = []; // what their outlines are made of, in their order

/** The whole numbers that geo.draw.webmap has written as letters: five bits each, the lowest first, the sign lowest of all. */
function numbersOf(letters) {
  const numbers = [];
  let [read, shift] = [0, 0];
  for (const letter of letters) {
    const bits = letter.charCodeAt(0) - 63;
    read |= (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(read & 1 ? ~(read >> 1) : read >> 1);
    [read, shift] = [0, 0];
  }
  return numbers;
}

/** Draw the lines and areas of the outline, which come as steps from point to point. */
function addOutline(target, outline) {
  const follow = (steps, units) => {
    let [lon, lat] = [0, 0];
    return Array.from({ length: steps.length / 2 }, (_, number) => [(lat += steps[2 * number + 1]) / units, (lon += steps[2 * number]) / units]);
  };
  const decode = (part, units) => (typeof part === "string" ? follow(numbersOf(part), units) : part.map((one) => decode(one, units)));
  for (const [name, { units, shapes }] of Object.entries(outline)) {
    for (const [className, steps] of shapes) {
      const shape = (/\bshape-area\b/.test(className) ? L.polygon : L.polyline)(decode(steps, units), { className, interactive: false, pane: name === "water" ? name : "outline" }).addTo(target);
      if (name === "district") districts.push(shape);
    }
  }
}
