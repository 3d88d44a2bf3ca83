/* Targets: a symbol and its name are one, of 24 pixels at least. Where several lie under the pointer, a list of them is offered, and never a neighbour opened. */

const MOST_OFFERED = 12; // of more, the map is zoomed in

let choice = null; // the popup with the list
let asker = null; // what the list was asked for by, to give the focus back to

/** How a symbol is reached: by the pointer, where something else may lie under it, too, or by the keyboard, which has chosen. */
function listenTo(marker, entryOf) {
  marker.on("click", ({ originalEvent }) => {
    // A click without a pointer, such as that of a screen reader, is on what has the focus.
    if (originalEvent.detail === 0) open([entryOf()], entryOf());
    else choose(originalEvent, entryOf());
  });
  marker.on("keypress", ({ originalEvent }) => {
    if (originalEvent.key !== "Enter" && originalEvent.key !== " ") return;
    originalEvent.preventDefault();
    open([entryOf()], entryOf());
  });
}

/** Open what lies under a pointer; what was hit first is among it. */
function choose(event, hit = null) {
  if (isThick && !hit && choosePlate(map.mouseEventToLayerPoint(event))) return;
  const isFinger = event.pointerType !== "mouse" && event.pointerType !== undefined;
  // On a plate a name lies over what is beside it.
  const isOnPlate = !isFinger && hit && event.target.closest(".pin-label");
  const found = isOnPlate ? [hit] : entriesAt(map.mouseEventToLayerPoint(event), isFinger);
  if (hit && !found.length) found.push(hit);
  if (found.length) open(found, hit || found[0]);
  else if (event.target.closest(".belt")) openCorridor(corridorOf(event.target), null, map.mouseEventToLatLng(event));
}

/** The symbols under a point, the nearest first. A mouse points at what is drawn there; a finger covers all that is within its reach. */
function entriesAt(point, isFinger) {
  const distance = (entry) => Math.hypot(spotOf(entry).x - point.x, spotOf(entry).y - point.y);
  const standing = [...rings.values(), ...new Set([...pinned, ...dots])].map((entry) => ({ entry, away: distance(entry), extent: sizeAt(entry) }));
  const isOn = ({ entry, away, extent }, reach) => away <= Math.max(reach, extent + 1) && away >= (entry.hole || 0);
  const near = standing.filter((one) => isOn(one, BOX / 2) || isOnLabel(one.entry, point, BOX));
  const drawn = isFinger ? [] : near.filter((one) => isOn(one, 0) || isOnLabel(one.entry, point, 0));
  // Of circles that lie over each other, a mouse in the middle of one points at that.
  const aimed = drawn.filter(({ away, extent }) => away <= extent / 2);
  return (aimed.length === 1 ? aimed : drawn.length ? drawn : near).sort((one, other) => one.away - other.away).map(({ entry }) => entry);
}

function sizeAt(entry) {
  return pinned.has(entry) || entry.guests ? extentIn(entry) : dotRadius(entry);
}

/** Whether a point is on the name of a symbol, which is at least so wide and high. */
function isOnLabel(entry, point, least) {
  if (!entry.box || !(entry.guests || pinned.has(entry))) return false;
  const pin = entry.marker.getElement();
  if (pin.querySelector(".pin-label").classList.contains("off") && !pin.matches(":hover, :focus-visible, .selected")) return false;
  const [width, height] = entry.box;
  const { x, y } = spotOf(entry);
  const middle = { x: x + entry.labelBox.left + width / 2, y: y + entry.labelBox.top + height / 2 };
  return Math.abs(point.x - middle.x) <= Math.max(width, least) / 2 && Math.abs(point.y - middle.y) <= Math.max(height, least) / 2;
}

/** Open the card of one place, or the list of several; a ring stands for its guests. */
function open(entries, hit) {
  const found = [...new Set(entries.flatMap((entry) => (entry.guests ? entry.guests.map((id) => places.get(id)) : [entry])))];
  if (found.length === 1) select(found[0].place.id, { push: true, focus: true });
  else {
    const own = (turn += 1);
    withWords(() => own === turn && offer(found, hit));
  }
}

function offer(found, hit) {
  closeChoice();
  if (state.place) select(null, { push: true });
  asker = hit.marker && hit.marker.getElement();
  const box = element("div", "choice");
  box.setAttribute("role", "dialog");
  box.tabIndex = -1;
  const heading = page.phrases.here.replace("{count}", found.length);
  box.setAttribute("aria-label", heading);
  box.append(element("p", "choice-title", heading));
  const list = element("ul");
  const add = (className, act) => {
    const [row, button] = [element("li"), element("button", className)];
    button.type = "button";
    button.addEventListener("click", act);
    row.append(button);
    list.append(row);
    return button;
  };
  for (const { place } of found.slice(0, MOST_OFFERED)) {
    const button = add(`corridor-${place.corridor}`, () => {
      const from = asker;
      closeChoice();
      select(place.id, { push: true, focus: true, from });
    });
    button.dataset.id = place.id;
    button.append(element("span", `dot${lookOf(place).isHollow ? " hollow" : ""}`), element("bdi", "", place.name));
    if (valueOf(place)) button.append(" ", element("b", "", valueOf(place)));
  }
  if (found.length > MOST_OFFERED) {
    const closer = add("", () => map.setView(hit.latLng, map.getZoom() + 2, { animate: !isStill() }));
    closer.textContent = page.phrases.closer.replace("{count}", found.length - MOST_OFFERED);
  }
  box.append(list);
  const size = map.getSize();
  choice = L.popup({ offset: [spotOf(hit).x - hit.point.x, spotOf(hit).y - hit.point.y - BOX / 2], minWidth: 180, maxWidth: Math.min(300, size.x - 40), maxHeight: Math.max(120, size.y - covered() - 90), autoPan: false });
  choice.setLatLng(hit.latLng).setContent(box);
  const opened = choice;
  openPopup(choice, () => {
    if (choice === opened) choice = null;
  });
  bringWhole(choice, hit.latLng, true);
  box.focus({ preventScroll: true });
}

function closeChoice() {
  if (choice) choice.remove();
}

/** Close the list, and give the focus back to what it was asked for by. */
function leaveChoice() {
  closeChoice();
  if (asker && asker.isConnected) asker.focus({ preventScroll: true });
}
