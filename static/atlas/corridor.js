/* The corridors as features: in the list, pointed at, and with a card of what is published of them. */

/** The corridor of a belt on the map. */
function corridorOf(belt) {
  return page.corridors.find((id) => belt.classList.contains(`corridor-${id}`));
}

/** Open the card of a corridor, at the middle of its axis or where it was pointed at; it is no place, and stands in no address. */
async function openCorridor(id, from, spot = null) {
  const own = (turn += 1);
  await fetchFragment();
  if (own !== turn) return;
  select(null, { push: true });
  const axisName = axisNames.find(({ marker }) => layers[id].hasLayer(marker));
  const box = document.querySelector(`[data-card="${CSS.escape(id)}"]`).content.firstElementChild.cloneNode(true);
  const card = L.popup({ maxWidth: Math.min(360, map.getSize().x - 40), autoPanPadding: [24, 24] });
  card.setLatLng(spot || axisName.marker.getLatLng()).setContent(box);
  openPopup(card, () => {
    if (corridorCard === card) corridorCard = null;
    if (from) from.focus({ preventScroll: true });
  });
  corridorCard = card;
  box.focus({ preventScroll: true });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    card.remove();
  });
  if (isNarrow() && !isEmbedded) rise(0);
}

function markCorridor(id) {
  map.getContainer().querySelectorAll(".belt, .axis").forEach((part) => {
    part.classList.toggle("pointed", Boolean(id) && part.classList.contains(`corridor-${id}`));
  });
}

function listCorridors() {
  const rows = [...document.querySelectorAll("[data-corridor]")];
  rows.forEach((row) => (row.hidden = !state.corridors.has(row.dataset.corridor)));
  document.getElementById("belts-group").hidden = isNarrowed() || rows.every((row) => row.hidden);
}

function followCorridors() {
  for (const name of ["pointerover", "pointerout"]) {
    map.getContainer().addEventListener(name, ({ target }) => target.closest(".belt") && markCorridor(name === "pointerover" ? corridorOf(target) : null));
  }
  document.querySelectorAll("[data-corridor]").forEach((row) => {
    const { corridor } = row.dataset;
    const anchor = row.querySelector("a");
    anchor.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      openCorridor(corridor, anchor);
    });
    ["pointerenter", "focusin"].forEach((name) => row.addEventListener(name, () => markCorridor(corridor)));
    ["pointerleave", "focusout"].forEach((name) => row.addEventListener(name, () => markCorridor(null)));
  });
}
