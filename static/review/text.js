// The text with its spans. Only text nodes are made of what the document says.

import { blockOf, isPlaceStage, numberOf, partsOf, spanOf, state, words } from "./state.js";

const pane = document.getElementById("text");
const drawn = new Map();
const OF_FIELD = {
  subject: "subject", period: "period", value: "value", value_max: "value", unit: "value", qualifier: "value",
  growth_pct: "growth", growth_max: "growth", rank: "rank", rank_scope: "rank",
};
let lit = "";

export function buildText() {
  drawn.clear();
  pane.replaceChildren(
    ...state.blocks.map(([number]) => {
      const paragraph = document.createElement("p");
      paragraph.dataset.number = number;
      paragraph.dir = "auto";
      return paragraph;
    }),
  );
}

/** Draws the paragraphs that have changed, and shows the one with the current item. */
export function drawText() {
  const marks = collectMarks();
  state.blocks.forEach(([, start, end], position) => {
    const own = marks.get(position) ?? [];
    const signature = JSON.stringify(own);
    if (drawn.get(position) === signature) return;
    drawn.set(position, signature);
    pane.children[position].replaceChildren(...pieces(start, end, own));
  });
  pane.dataset.lit = lit;
  const span = spanOf();
  const shown = pane.querySelector(".current") ?? (span ? pane.children[state.blocks.indexOf(blockOf(span[0]))] : null);
  shown?.scrollIntoView({ block: "center", inline: "nearest" });
}

function collectMarks() {
  const marks = new Map();
  const positions = new Map(state.blocks.map((block, position) => [block, position]));
  const add = (start, end, name, data = {}) => {
    const block = blockOf(start);
    if (!block) return;
    const position = positions.get(block);
    if (!marks.has(position)) marks.set(position, []);
    marks.get(position).push([start, end, name, data]);
  };
  state.document.other_numbers.forEach((other) => add(other.start, other.end, "other", { title: reasonOf(other.reason) }));
  state.document.places.forEach((place, index) => {
    if (place.state === "rejected") return;
    const data = isPlaceStage() ? { place: index } : {};
    place.mentions.forEach(([start, end]) => add(start, end, `place ${place.state}`, data));
  });
  if (!isPlaceStage() || state.at.kind === "figure") {
    state.document.figures.forEach((figure, index) =>
      partsOf(figure).forEach(([start, end]) => add(start, end, `number ${figure.state}${figure.changed ? " changed" : ""}`, { figure: index })));
  } else {
    state.document.figures.forEach((figure) => add(...numberOf(figure), "number later"));
  }
  const { kind, index } = state.at;
  if (kind === "place") state.document.places[index]?.mentions.forEach(([start, end], which) => add(start, end, which ? "again" : "current"));
  if (kind === "figure" && state.document.figures[index]) {
    const figure = state.document.figures[index];
    add(figure.start, figure.end, "current");
    Object.entries(figure.spans).forEach(([part, [start, end]]) => add(start, end, `part-${part}`));
  }
  return marks;
}

const reasonOf = (reason) => words.reasons.find(([name]) => name === reason)?.[1] ?? reason;

function* cut(start, end, marks) {
  const cuts = [...new Set([start, end, ...marks.flatMap(([first, last]) => [first, last])])].filter((at) => start <= at && at <= end).sort((a, b) => a - b);
  for (let position = 0; position + 1 < cuts.length; position += 1) yield [cuts[position], cuts[position + 1]];
}

function pieces(start, end, marks) {
  return [...cut(start, end, marks)].map(([first, last]) => {
    const text = state.text.slice(first, last).join("");
    const over = marks.filter(([from, to]) => from <= first && last <= to);
    if (!over.length) return document.createTextNode(text);
    const names = over.map(([, , name]) => name).join(" ");
    const piece = document.createElement(names.includes("current") ? "mark" : "span");
    piece.className = names;
    piece.textContent = text;
    over.forEach(([, , , data]) => {
      if (data.title) piece.title = data.title;
      if ("place" in data) piece.dataset.place = data.place;
      if ("figure" in data) piece.dataset.figure = data.figure;
    });
    return piece;
  });
}

/** Lights the span of the field that has the focus. */
export function light(field) {
  lit = OF_FIELD[field] ?? "";
  pane.dataset.lit = lit;
}

/** The part of the text that is selected, as offsets; nothing where the selection is empty or reaches over several paragraphs. */
export function selectedSpan() {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  const paragraph = (range.startContainer.nodeType === Node.TEXT_NODE ? range.startContainer.parentElement : range.startContainer).closest?.("#text p");
  if (!paragraph || !paragraph.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.setStart(paragraph, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const [, start] = state.blocks[[...pane.children].indexOf(paragraph)];
  const first = start + Array.from(before.toString()).length;
  return [first, first + Array.from(range.toString()).length];
}
