/* The rows as a table: one page at a time, by how exactly they are known; each can be put right. */

const PAGE = 50;
const ORDER = ["exact", "township", "district", "city", "ambiguous", "miss", "left_out"];
let filter = "all";
let spotShown = null; // the rows of one point, where only they are shown
let pageNumber = 0;

function countRows() {
  const counts = Object.fromEntries(ORDER.map((group) => [group, 0]));
  list.rows.forEach((row) => {
    counts[groupOf(row)] += 1;
  });
  return counts;
}

function rowsShown() {
  if (spotShown) return spotShown.rows;
  return filter === "all" ? list.rows : list.rows.filter((row) => groupOf(row) === filter);
}

function drawCounts() {
  const box = panel.querySelector(".own-counts");
  const counts = { all: list.rows.length, ...countRows() };
  const groups = ["all", ...ORDER.filter((group) => counts[group] || ["exact", "township", "district", "ambiguous", "miss"].includes(group))];
  groups.forEach((group) => {
    let button = box.querySelector(`[data-group=${group}]`);
    if (!button) {
      button = tools.element("button", "own-count");
      button.type = "button";
      button.dataset.group = group;
      button.append(tools.element("span", "own-count-name", words.groups[group]), " ", tools.element("b", "", ""));
      button.addEventListener("click", () => showGroup(group));
      box.append(button);
    }
    button.querySelector("b").textContent = counts[group];
    button.setAttribute("aria-pressed", String(!spotShown && filter === group));
  });
  return counts;
}

function showGroup(group) {
  filter = group;
  spotShown = null;
  pageNumber = 0;
  drawTable();
}

function showSpot(spot) {
  spotShown = spot;
  pageNumber = 0;
  drawTable();
  showRow(spot.rows[0]);
}

function drawTable() {
  drawCounts();
  const rows = rowsShown();
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  pageNumber = Math.min(pageNumber, pages - 1);
  const first = pageNumber * PAGE;
  const shown = rows.slice(first, first + PAGE);
  panel.querySelector(".own-rows tbody").replaceChildren(...shown.map(drawRow));
  panel.querySelector(".pager .range").textContent = rows.length ? fill(words.range, { first: first + 1, last: first + shown.length, all: rows.length }) : words.none;
  // Not disabled: a button that has the focus would lose it.
  panel.querySelector("[data-act=before]").setAttribute("aria-disabled", String(pageNumber === 0));
  panel.querySelector("[data-act=after]").setAttribute("aria-disabled", String(pageNumber === pages - 1));
}

function turn(pages) {
  pageNumber += pages;
  drawTable();
  panel.querySelector(".own-rows").parentElement.scrollTop = 0;
}

/** Text of a list as it is: cut where it is very long, and never more than text. */
function textCell(text) {
  const cut = [...text.slice(0, 400)].slice(0, 200).join("");
  const made = tools.element("td");
  made.append(tools.element("bdi", "", cut.length < text.length ? `${cut}…` : text));
  return made;
}

function foundCell(row) {
  const made = tools.element("td", "own-found");
  made.append(tools.element("span", `own-mark ${groupOf(row)}`, words.groups[groupOf(row)]));
  if (row.status === "match") {
    const button = tools.element("button", "own-show");
    button.type = "button";
    button.append(tools.element("bdi", "", [row.name, row.township, row.district].filter((name, place, all) => name && all.indexOf(name) === place).join(" · ")));
    button.setAttribute("aria-label", `${fill(words.show, row)}: ${row.name}`);
    button.addEventListener("click", () => showRow(row));
    const radius = row.radius >= 1000 ? `${Math.round(row.radius / 100) / 10} km` : `${row.radius} m`;
    made.append(" ", button, tools.element("span", "notes", row.radius === undefined ? words.byHand : fill(words.radius, { radius })));
    if (row.unresolved) {
      const rest = tools.element("span", "notes");
      rest.append(tools.element("bdi", "", fill(words.rest, { text: row.unresolved.slice(0, 80) })));
      made.append(rest);
    }
  } else if (row.reason && row.status === "miss") {
    made.append(" ", tools.element("span", "notes", words.reasons[row.reason] || row.reason));
  }
  return made;
}

function mendCell(row) {
  const box = tools.element("td");
  const made = tools.element("div", "own-mend");
  box.append(made);
  if (row.status === "left_out") {
    made.append(actButton(words.restore, fill(words.restoreLabel, row), () => mend(row, null)));
    return box;
  }
  if (row.candidates) {
    const choice = tools.element("select");
    choice.setAttribute("aria-label", fill(words.candidates, row));
    choice.add(new Option(words.choose, ""));
    row.candidates.forEach(({ name, within }, place) => choice.add(new Option(within && within !== name ? `${name} (${within})` : name, place)));
    choice.addEventListener("change", () => {
      if (!choice.value) return;
      const { name, within } = row.candidates[Number(choice.value)];
      mend(row, { corrected: name, division: within });
    });
    made.append(choice);
  }
  const form = tools.element("form");
  const input = tools.element("input");
  input.type = "text";
  input.maxLength = 200;
  input.value = (list.corrections.get(row.row) || {}).corrected || "";
  input.setAttribute("aria-label", fill(words.retype, row));
  input.placeholder = fill(words.retype, row);
  const ask = tools.element("button", "button", words.ask);
  form.append(input, ask);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) mend(row, { corrected: input.value.trim(), division: "" });
  });
  made.append(form, actButton(words.move, fill(words.moveLabel, row), () => startMoving(row)), actButton(words.drop, fill(words.dropLabel, row), () => mend(row, { corrected: "x", division: "" })));
  return box;
}

function actButton(text, label, act) {
  const button = tools.element("button", "button", text);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}

function drawRow(row) {
  const made = tools.element("tr");
  made.dataset.row = row.row;
  const number = tools.element("th", "", row.row);
  number.scope = "row";
  made.append(number, textCell(row.label || ""), textCell(row.asked || ""), foundCell(row), mendCell(row));
  return made;
}

const ANSWER = ["asked", "status", "level", "precision", "lon", "lat", "radius", "name", "unresolved", "district", "township", "method", "reason", "candidates"];

/** Put a row right: another address, a candidate, left out, or as it was. */
async function mend(row, correction) {
  row.original ||= Object.fromEntries(ANSWER.map((name) => [name, row[name]]));
  let answer = row.original;
  if (correction && correction.corrected === "x" && !correction.division) answer = { asked: row.asked, status: "left_out" };
  else if (correction && correction.lon !== undefined) answer = movedAnswer(row, correction);
  else if (correction) {
    try {
      answer = await askAgain(correction.corrected, correction.division);
    } catch (error) {
      fail(error);
      return;
    }
  }
  removeFromMap(row, showSpot);
  if (correction) list.corrections.set(row.row, { query: row.original.asked, ...correction });
  else list.corrections.delete(row.row);
  ANSWER.forEach((name) => {
    row[name] = answer[name];
  });
  drawRowsOnMap([row], showSpot);
  drawTable();
  say(fill(words.corrected, row));
  focusRow(row);
}

/** The row may have gone to another group: then whoever came by keyboard stays in the table. */
function focusRow(row) {
  const again = panel.querySelector(`.own-rows [data-row="${row.row}"]`) || panel.querySelector(".own-rows tbody tr") || panel.querySelector(".own-counts");
  const stop = again.querySelector("input, button, select");
  if (stop) stop.focus();
}
