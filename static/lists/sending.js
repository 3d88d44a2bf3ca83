/* What goes to the server and comes back. The files of this folder are one script, in the order that geo/serve/site.py names; it comes when a list is opened. */

/** What the panel works on: the file as it was given, what the server says of it, its rows, and what the reader has put right. */
const list = {
  file: null,
  about: null, // columns, sample, choice
  asked: { columns: [], admin: "", sheet: "" },
  rows: [],
  corrections: new Map(), // row -> {query, corrected, division}
  end: null, // what is odd about rows, when all are there
};

let tools; // of the map page: {map, page, element, margins, isStill, isNarrow}
let words;
let running = null; // the AbortController of what is under way

class Refusal extends Error {
  constructor(problem) {
    super(problem.detail || "");
    this.problem = problem;
  }
}

function fill(phrase, values) {
  return phrase.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

function formOf(file, { columns = [], admin = "", sheet = "" }) {
  const form = new FormData();
  form.append("file", file, file.name);
  columns.forEach((column) => form.append("column", column));
  if (admin) form.append("admin_column", admin);
  if (sheet) form.append("sheet", sheet);
  return form;
}

async function post(form, wanted, signal) {
  const answer = await fetch(`${words.url}?f=${wanted}&lang=${document.documentElement.lang.slice(0, 2)}`, { method: "POST", body: form, signal, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Refusal(await answer.json().catch(() => ({ status: answer.status })));
  return answer;
}

/** The documents of an answer, a line each, as they come. */
async function* documentsOf(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value || "")).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
    if (done) return;
  }
}

const cell = (text) => `"${String(text).replaceAll('"', '""')}"`;
const asCsv = (rows) => rows.map((row) => row.map(cell).join(",")).join("\r\n");

function formWithCorrections() {
  const form = formOf(list.file, list.asked);
  const rows = [...list.corrections].map(([row, { query, corrected, division, lon = "", lat = "" }]) => [row, query, corrected, division, lon, lat]);
  if (rows.length) form.append("corrections", new Blob([asCsv([["row", "query", "corrected", "division", "lon", "lat"], ...rows])]), "corrections.csv");
  return form;
}

/** Ask one address in the place of that of a row. */
async function askAgain(text, division) {
  const file = new File([asCsv([["address", "district"], [text, division]])], "row.csv");
  const answer = await post(formOf(file, { columns: ["address"], admin: "district" }), "rows");
  for await (const one of documentsOf(answer)) {
    if (one.kind === "rows") return one.rows[0];
    if (one.kind === "problem") throw new Refusal(one);
  }
  throw new Refusal({});
}

async function download(extension) {
  const answer = await post(formWithCorrections(), extension);
  const made = tools.element("a");
  made.href = URL.createObjectURL(await answer.blob());
  made.download = `${list.file.name.replace(/\.[^.]*$/, "")}-located.${extension}`;
  made.click();
  // The browser has begun to save by then.
  setTimeout(() => URL.revokeObjectURL(made.href), 60000);
}

/** How exactly a row is known, as the counts name it. */
function groupOf(row) {
  if (row.status !== "match") return row.status;
  return row.level === "address" || row.level === "place" ? "exact" : row.level;
}
