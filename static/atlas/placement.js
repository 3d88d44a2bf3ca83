/* Where symbols stand, in pixels: the rule of geo/draw/placement.py. Both are held to tests/data/placement.json. */

/**
 * Find a spot for every symbol: on its point, or of a guest on a ring around its host, within its reach and clear of every other symbol. The guests of one
 * host are set out together: where there is no room for all of them, one ring on their point stands for them.
 * What goes aside stays on its point where there is no room for it within its reach.
 * Takes {id, x, y, extent, host, reach}: a host of null for what is no guest, a reach of 0 for what stays on its point; and the distances of geo/ground/palette.py.
 */
function setOut(symbols, ring) {
  const fixed = symbols.filter(({ host }) => host === null);
  const spots = new Map(fixed.map(({ id, x, y }) => [id, { x, y }]));
  const sizes = new Map(fixed.map(({ id, extent }) => [id, extent]));
  const taken = fixed.filter(({ reach }) => reach <= 0).map(({ x, y, extent }) => ({ x, y, extent }));
  const leavesFree = (spot, extent) => taken.every((other) => Math.hypot(other.x - spot.x, other.y - spot.y) >= other.extent + extent + 2);
  for (const { id, x, y, extent, reach } of fixed.filter((symbol) => symbol.reach > 0)) {
    const [right, down] = aside(reach, ring).find((offset) => leavesFree({ x: x + offset[0], y: y + offset[1] }, extent)) || [0, 0];
    spots.set(id, { x: x + right, y: y + down });
    taken.push({ ...spots.get(id), extent });
  }
  const parties = new Map();
  for (const symbol of symbols.filter(({ host }) => host !== null)) {
    const key = JSON.stringify([symbol.host, symbol.x, symbol.y]);
    if (!parties.has(key)) parties.set(key, []);
    parties.get(key).push(symbol);
  }
  const rings = [];
  for (const guests of parties.values()) {
    const [{ host, x, y }] = guests;
    const extent = Math.max(...guests.map((guest) => guest.extent));
    const offsets = aroundHost(sizes.get(host) || 0, extent, Math.min(...guests.map(({ reach }) => reach)), ring);
    const free = offsets.map(([right, down]) => ({ x: x + right, y: y + down })).filter((spot) => leavesFree(spot, extent)).slice(0, guests.length);
    if (free.length === guests.length) {
      guests.forEach(({ id }, number) => spots.set(id, free[number]));
      taken.push(...free.map((spot) => ({ ...spot, extent })));
    } else {
      const around = Math.max(sizes.get(host) || 0, ring.least) + ring.line;
      rings.push({ host, guests: guests.map(({ id }) => id), x, y, extent: around });
      taken.push({ x, y, extent: around });
    }
  }
  return { spots, rings };
}

/** The point itself and the spots around it, from the inside, in whole pixels from it. */
function aside(reach, ring) {
  const offsets = [[0, 0]];
  for (let distance = ring.aside; distance <= reach; distance += ring.aside) {
    for (let position = 0; position < 12; position += 1) offsets.push(atAngle(distance, ring.start + 30 * position));
  }
  return offsets.filter(([right, down]) => Math.hypot(right, down) <= reach);
}

/** An offset in whole pixels; degrees are clockwise from the right. */
function atAngle(distance, degrees) {
  const angle = (degrees * Math.PI) / 180;
  return [Math.floor(distance * Math.cos(angle) + 0.5), Math.floor(distance * Math.sin(angle) + 0.5)];
}

/** The spots around a host, from the inside, in whole pixels from its middle. */
function aroundHost(host, extent, reach, ring) {
  const step = 2 * extent + ring.step;
  const offsets = [];
  for (let distance = host + extent + ring.gap; distance <= reach + 1; distance += step) {
    const count = Math.floor((2 * Math.PI * distance) / step);
    for (let position = 0; position < count; position += 1) {
      const [right, down] = atAngle(distance, ring.start + (360 * position) / count);
      // The way to the right is left to the name of the host.
      if (Math.hypot(right, down) <= reach && !(right > 0 && Math.abs(down) <= ring.strip + extent + 1)) offsets.push([right, down]);
    }
  }
  return offsets;
}
