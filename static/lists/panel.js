/* The panel: choose a list, see which columns are taken, then its rows. */

let panel = null;
let opener = null;

async function open(file, given) {
  tools = given;
  if (!panel) {
    const answer = await fetch(tools.page.ownList.panel);
    if (!answer.ok) throw new Error(answer.status);
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    panel = document.adoptNode(parsed.getElementById("own-list-panel"));
    words = JSON.parse(panel.querySelector("#own-list-words").textContent);
    document.querySelector("main.map").after(panel);
    listen();
  }
  if (!document.body.classList.contains("has-own-list")) opener = document.activeElement;
  panel.hidden = false;
  document.body.classList.add("has-own-list");
  if (file) await look(file);
  else if (list.rows.length) step("rows");
  else step("choose");
  panel.focus({ preventScroll: true });
}

function close() {
  stop();
  endMoving();
  panel.hidden = true;
  document.body.classList.remove("has-own-list");
  if (opener && opener.isConnected) opener.focus({ preventScroll: true });
}

function stop() {
  if (running) running.abort();
  running = null;
}

function say(text) {
  panel.querySelector(".own-status").textContent = text;
}

function step(name) {
  panel.querySelectorAll(".own-step").forEach((part) => {
    part.hidden = part.dataset.step !== name;
  });
  panel.querySelector(".own-failed").hidden = true;
}

/** Say what went wrong in the reader's language, and beside it what exactly, in that of the server. */
function fail(error) {
  if (error.name === "AbortError") return;
  const problem = error.problem || {};
  const text = words.faults[problem.fault] || (problem.status === 503 ? words.busy : words.failed);
  const box = panel.querySelector(".own-failed");
  const detail = tools.element("bdi", "notes", problem.detail || "");
  box.replaceChildren(text, " ", detail);
  box.hidden = false;
  say("");
}

/** Have a look at a list: what it is, and which columns would be taken. */
async function look(file, { sheet = "" } = {}) {
  stop();
  endMoving();
  step("choose");
  clearSpots();
  Object.assign(list, { file: file.name ? file : new File([file], words.file), about: null, rows: [], end: null, asked: { columns: [], admin: "", sheet } });
  list.corrections.clear();
  say(fill(words.reading, { name: list.file.name }));
  if (file.size > words.mostBytes) {
    fail(new Refusal({ fault: "too_large" }));
    return;
  }
  try {
    list.about = await (await post(formOf(list.file, { sheet }), "preview")).json();
  } catch (error) {
    fail(error);
    return;
  }
  const { choice } = list.about;
  list.asked = { columns: choice ? choice.columns : [], admin: (choice && choice.admin_column) || "", sheet };
  drawColumns();
  step("columns");
  say("");
  if (!choice) fail(new Refusal({ fault: "column" }));
  panel.querySelector(choice ? ".own-go" : "[data-select=column] select").focus();
}

function optionsOf(select, values, chosen, none) {
  select.replaceChildren(...(none === undefined ? [] : [new Option(none, "")]), ...values.map((value) => new Option(value.slice(0, 60), value)));
  select.value = chosen;
}

function drawColumns() {
  const { about, asked } = list;
  panel.querySelector(".own-described").replaceChildren(tools.element("bdi", "", about.name));
  const notices = about.notices.map(({ kind, values }) => fill(words.notices[kind] || "", values)).filter(Boolean);
  drawNotices("columns", notices);
  const sheets = panel.querySelector("[data-select=sheet]");
  sheets.hidden = about.sheets.length < 2;
  optionsOf(sheets.querySelector("select"), about.sheets, about.sheet);
  const box = panel.querySelector("[data-select=column]");
  box.querySelectorAll("select").forEach((select) => select.remove());
  [...asked.columns, ""].forEach((column, place) => {
    const select = tools.element("select");
    select.setAttribute("aria-label", fill(words.columnLabel, { number: place + 1 }));
    optionsOf(select, about.columns, column, place && place === asked.columns.length ? words.add : "—");
    select.addEventListener("change", () => {
      asked.columns = [...box.querySelectorAll("select")].map(({ value }) => value).filter((value, at, all) => value && all.indexOf(value) === at);
      panel.querySelector(".own-failed").hidden = true;
      drawColumns();
      const selects = box.querySelectorAll("select");
      selects[Math.min(place, selects.length - 1)].focus();
    });
    box.append(select);
  });
  optionsOf(panel.querySelector("[data-select=admin] select"), about.columns, asked.admin, words.none);
  drawSample();
}

function drawSample() {
  const { columns, sample } = list.about;
  const taken = (name) => list.asked.columns.includes(name) || list.asked.admin === name;
  const line = (cells, tag) => {
    const made = tools.element("tr");
    cells.forEach((text, place) => {
      const one = tools.element(tag, taken(columns[place]) ? "own-taken" : "");
      if (tag === "th") one.scope = "col";
      one.append(tools.element("bdi", "", text.slice(0, 60)));
      made.append(one);
    });
    return made;
  };
  panel.querySelector(".own-sample thead").replaceChildren(line(columns, "th"));
  panel.querySelector(".own-sample tbody").replaceChildren(...sample.map((row) => line(row, "td")));
}

function drawNotices(name, texts) {
  const shown = texts.slice(0, 5).map((text) => {
    const item = tools.element("li");
    item.append(tools.element("bdi", "", text.slice(0, 200)));
    return item;
  });
  if (texts.length > 5) shown.push(tools.element("li", "", fill(words.more, { count: texts.length - 5 })));
  panel.querySelector(`[data-step=${name}] .own-notices`).replaceChildren(...shown);
}

/** Ask for all rows, and draw them as they come. */
async function geocode() {
  if (!list.asked.columns.length) {
    fail(new Refusal({ fault: "column" }));
    return;
  }
  stop();
  const own = new AbortController();
  running = own;
  clearSpots();
  Object.assign(list, { rows: [], end: null });
  list.corrections.clear();
  panel.querySelector(".own-counts").querySelectorAll("button").forEach((button) => button.remove());
  drawNotices("rows", []);
  showGroup("all");
  step("rows");
  const bar = panel.querySelector(".own-progress");
  bar.hidden = false;
  const all = list.about.rows;
  try {
    const answer = await post(formOf(list.file, list.asked), "rows", own.signal);
    for await (const one of documentsOf(answer)) {
      if (own.signal.aborted) return;
      if (one.kind === "problem") throw new Refusal(one);
      if (one.kind === "end") list.end = one;
      if (one.kind === "rows") {
        const isFirst = !list.rows.length;
        for (const row of one.rows) list.rows.push(row);
        drawRowsOnMap(one.rows, showSpot);
        drawProgress(bar, all);
        if (isFirst) drawTable();
        else drawCounts();
      }
    }
    drawEnd();
  } catch (error) {
    fail(error);
  } finally {
    if (running === own) {
      running = null;
      bar.hidden = true;
    }
    drawTable();
  }
}

function drawProgress(bar, all) {
  const done = list.rows.length;
  const progress = bar.querySelector("progress");
  if (all) Object.assign(progress, { max: all, value: done });
  else progress.removeAttribute("value");
  bar.querySelector("span").textContent = fill(all ? words.progressOf : words.progress, { done, all });
}

function drawEnd() {
  const counts = countRows();
  say(fill(words.done, { ...counts, all: list.rows.length }));
  const { flaws = [], flaws_count: count = 0 } = list.end || {};
  const texts = flaws.map(({ kind, line, column }) => fill(words.flaws[kind], { line, column }));
  drawNotices("rows", count > texts.length ? [...texts, ...Array(count - texts.length).fill("")] : texts);
  showAllRows();
}

function cancel() {
  stop();
  panel.querySelector(".own-progress").hidden = true;
  say(fill(words.stopped, { done: list.rows.length }));
  drawTable();
}

const acts = {
  paste: () => {
    const text = panel.querySelector("textarea").value;
    if (text.trim()) look(new File([text], text.includes("\t") ? "list.tsv" : "list.csv"));
  },
  geocode,
  cancel,
  keep: () => keepMoved(),
  leave: () => leaveMoved(),
  before: () => turn(-1),
  after: () => turn(1),
  columns: () => {
    stop();
    drawColumns();
    step("columns");
    panel.querySelector(".own-go").focus();
  },
  other: () => {
    stop();
    say("");
    step("choose");
    panel.querySelector("input[type=file]").focus();
  },
};

function listen() {
  panel.querySelector(".own-close").addEventListener("click", close);
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    // The map page closes its own card with the same key.
    event.stopPropagation();
    if (moving) leaveMoved();
    else close();
  });
  panel.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-act], [data-download]");
    if (!button) return;
    if (button.dataset.act) {
      if (button.getAttribute("aria-disabled") !== "true") acts[button.dataset.act]();
      return;
    }
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    await download(button.dataset.download).catch(fail);
    button.removeAttribute("aria-disabled");
  });
  const file = panel.querySelector("input[type=file]");
  file.addEventListener("change", () => {
    if (file.files.length) look(file.files[0]);
    file.value = "";
  });
  panel.querySelector("[data-select=admin] select").addEventListener("change", (event) => {
    list.asked.admin = event.target.value;
    drawSample();
  });
  panel.querySelector("[data-select=sheet] select").addEventListener("change", (event) => look(list.file, { sheet: event.target.value }));
}

window.atlasOwnList = { open };
