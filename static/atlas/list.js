/* The list and the table: the rows of the view, a page at a time, in the markup of templates/rows.html. */

let tableOrder = null; // the ids in the order of a sorted column; null while the table has its own order

function copyOf(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

/** The chosen figure of a place, or its first one, and its note. */
function figureOf(place) {
  const comparison = comparisons[state.indicator];
  if (!comparison) return [place.headline, place.note];
  const measure = comparison.measures[place.id];
  return measure ? measure.words : ["—", page.phrases.noMeasure];
}

function write(row, selector, text) {
  row.querySelector(`${selector} bdi`).textContent = text;
}

function drawListRow({ place, latLng }) {
  const row = copyOf("list-template");
  const [headline, note] = figureOf(place);
  row.classList.add(`corridor-${place.corridor}`);
  row.dataset.id = place.id;
  if (place.id === state.place) row.setAttribute("aria-current", "true");
  row.querySelector("a").setAttribute("href", page.placeUrl.replace("ID", encodeURIComponent(place.id)));
  row.querySelector(".dot").classList.toggle("hollow", !latLng);
  write(row, ".name", place.name);
  write(row, ".headline", headline);
  write(row, ".headline-note", note);
  const about = [page.words.corridor[place.corridor], page.words.district[place.district], latLng ? "" : page.phrases.missing];
  row.querySelector(".about").append(...about.filter(Boolean).flatMap((text, position) => [position ? " · " : "", element("bdi", "", text)]));
  return row;
}

function cellsOf(place) {
  return [place.name, place.basis, page.words.kind[place.kind], page.words.district[place.district], figureOf(place)[0], place.located];
}

function drawTableRow({ place }) {
  const row = copyOf("table-template");
  const [headline, note] = figureOf(place);
  const [name, basis, kind, district, , located] = cellsOf(place);
  row.dataset.id = place.id;
  write(row, "th", name);
  [basis, kind, district].forEach((text, position) => {
    write(row, `td:nth-of-type(${position + 1})`, text);
  });
  write(row, ".headline", headline);
  write(row, ".notes", note);
  write(row, "td:last-child", located);
  return row;
}

function drawRows() {
  drawList();
  drawTable();
}

const rowsOfPage = () => [(state.page - 1) * page.rows, state.page * page.rows];

let isUnfolded = false; // whether the reader has opened the places without the chosen figure

/** The groups of the list, as geo.serve.pages.map groups it: by kind, or by who has the chosen figure, from the largest. */
function groupsOfList() {
  const comparison = comparisons[state.indicator];
  if (!comparison) return page.groups.map(({ title, kinds }) => ({ title, entries: shown.filter(({ place }) => kinds.includes(place.kind)) }));
  const measureOf = ({ place }) => comparison.measures[place.id];
  const isAmount = (entry) => measureOf(entry).amount !== null;
  const sizeOfFigure = (entry) => (isAmount(entry) ? measureOf(entry).amount : measureOf(entry).growth);
  const having = shown.filter(measureOf).sort((a, b) => isAmount(b) - isAmount(a) || sizeOfFigure(b) - sizeOfFigure(a));
  return [
    { title: page.phrases.having, entries: having },
    { title: page.phrases.noMeasure, entries: shown.filter((entry) => !measureOf(entry)), isFolded: having.length > 0 },
  ];
}

function drawList() {
  const groups = groupsOfList();
  const drawn = new Set(groups.flatMap(({ entries }) => entries).slice(...rowsOfPage()));
  const list = document.getElementById("list");
  list.querySelectorAll(".group").forEach((group) => group.remove());
  const sections = groups.map(({ title, entries, isFolded }) => {
    const visible = entries.filter((entry) => drawn.has(entry));
    if (!visible.length) return null;
    const section = copyOf(isFolded ? "folded-template" : "group-template");
    section.querySelector("h2 span").textContent = title;
    section.querySelector(".count").textContent = entries.length;
    section.querySelector("ul").append(...visible.map(drawListRow));
    section.open = isUnfolded;
    return section;
  });
  list.prepend(...sections.filter(Boolean));
}

/** Where nothing is found, say what is read, and what would be found without the other filters. */
function showEmpty() {
  const empty = document.getElementById("empty");
  empty.hidden = shown.length > 0;
  const { corridors, kinds, districts } = state;
  if (shown.length || !state.q) {
    document.getElementById("elsewhere").hidden = true;
    return;
  }
  Object.assign(state, { corridors: new Set(page.corridors), kinds: new Set(), districts: new Set() });
  const count = filterPlaces().found.length;
  Object.assign(state, { corridors, kinds, districts });
  const elsewhere = document.getElementById("elsewhere");
  elsewhere.hidden = count === 0;
  elsewhere.textContent = page.phrases.elsewhere[count === 1 ? 0 : 1].replace("{count}", count);
}

function drawTable() {
  const ranks = tableOrder && new Map(tableOrder.map((id, position) => [id, position]));
  const ordered = ranks ? [...shown].sort((a, b) => ranks.get(a.place.id) - ranks.get(b.place.id)) : shown;
  document.querySelector("#table tbody").replaceChildren(...ordered.slice(...rowsOfPage()).map(drawTableRow));
  // What they say is so in both.
  drawPagers();
}

function drawPagers() {
  const [before, last] = rowsOfPage();
  const range = page.phrases.range.replace("{first}", before + 1).replace("{last}", Math.min(last, shown.length)).replace("{all}", shown.length);
  document.querySelectorAll(".pager").forEach((pager) => {
    pager.hidden = shown.length <= page.rows;
    pager.querySelector(".range").textContent = range;
  });
  linkTurns();
}

/** Where the pages before and after are, with everything else as it is now. */
function linkTurns() {
  document.querySelectorAll("[data-turn]").forEach((turn) => {
    const number = state.page + Number(turn.dataset.turn);
    const leads = number >= 1 && (number - 1) * page.rows < shown.length;
    turn.removeAttribute(leads ? "aria-disabled" : "href");
    turn.setAttribute(...(leads ? ["href", address(state.lang, number)] : ["aria-disabled", "true"]));
  });
}

function turnPage(event) {
  const turn = event.target.closest("[data-turn][href]");
  if (!turn) return;
  event.preventDefault();
  state.page += Number(turn.dataset.turn);
  remember("pushState");
  drawRows();
  const box = turn.closest("#list, .table");
  if (box.id === "list" && !isNarrow()) box.scrollTop = 0;
  else box.scrollIntoView({ block: "start" });
  announce(box.querySelector(".range").textContent);
}

function markCurrent() {
  document.querySelectorAll("#list .entry").forEach((row) => {
    if (row.dataset.id === state.place) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  });
}

function goThroughList(event) {
  const search = document.querySelector("#filters input[name=q]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const entries = [...document.querySelectorAll("#list [data-id] a")].filter((anchor) => !anchor.closest("details:not([open])"));
  const at = entries.indexOf(event.target);
  if (!step || (event.target !== search && at < 0)) return;
  event.preventDefault();
  // The search stands before the first.
  const next = at + step;
  if (entries[next]) entries[next].focus();
  else if (next < 0) search.focus();
}

function sortTable(head) {
  if (!hasWords) {
    withWords(() => sortTable(head));
    return;
  }
  const isAscending = head.getAttribute("aria-sort") !== "ascending";
  const column = [...head.parentElement.children].indexOf(head);
  document.querySelectorAll("#table thead th").forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", isAscending ? "ascending" : "descending");
  const comparison = comparisons[state.indicator];
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const amountOf = (place) => {
    const measure = comparison.measures[place.id];
    return measure ? (measure.amount === null ? measure.growth : measure.amount) : -Infinity;
  };
  const isAmount = comparison && head.dataset.column === "measure";
  const keyed = [...places.values()].map(({ place }) => ({ place, key: isAmount ? amountOf(place) : cellsOf(place)[column] }));
  const compare = isAmount ? (a, b) => a.key - b.key || 0 : (a, b) => collator.compare(a.key, b.key);
  keyed.sort((a, b) => (isAscending ? 1 : -1) * compare(a, b) || a.place.position - b.place.position);
  tableOrder = keyed.map(({ place }) => place.id);
  drawRows();
}

function makeTableSortable() {
  document.querySelectorAll("#table thead th").forEach((head) => {
    const button = element("button", "sort", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => sortTable(head));
    head.replaceChildren(button);
  });
}
