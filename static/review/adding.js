// Places and figures that the draft has not found: made of what is selected, or of what is typed as the text has it.

import { askText } from "./choices.js";
import { act, current, fill, isPlaceStage, numberOf, slice, state, words } from "./state.js";
import { attempt, say } from "./steps.js";
import { selectedSpan } from "./text.js";

export function addNew() {
  const span = selectedSpan();
  getSelection()?.removeAllRanges();
  if (isPlaceStage()) {
    if (span) return addPlace({ do: "place_new", start: span[0], end: span[1] });
    return askText(words.modes.nPlace, (name) => addPlace({ do: "place_new", name }));
  }
  if (span) return addFigure(...span);
  return askText(words.modes.n, (text) => {
    const [start, end] = find(text);
    if (start < 0) return say(fill(words.errors.not_in_text, { value: text }), true);
    return addFigure(start, end);
  });
}

/** Finds a string from the current item on, where no figure has it yet. */
function find(text) {
  const wanted = Array.from(text);
  const from = current()?.start ?? 0;
  const taken = (start) => state.document.figures.some((figure) => figure.state !== "rejected" && numberOf(figure)[0] <= start && start < numberOf(figure)[1]);
  const hits = [];
  for (let start = 0; start + wanted.length <= state.text.length; start += 1) {
    if (wanted.every((character, index) => state.text[start + index] === character)) hits.push(start);
  }
  const free = hits.filter((start) => !taken(start));
  const start = free.find((hit) => hit >= from) ?? free[0] ?? -1;
  return [start, start + wanted.length];
}

async function addPlace(action) {
  const name = action.name ?? slice(action.start, action.end).trim();
  if (!(await attempt(() => act(action)))) return;
  state.at = { kind: "place", index: Math.max(0, state.document.places.findIndex((place) => place.name === name)) };
}

export async function addFigure(start, end) {
  if (!(await attempt(() => act({ do: "figure_new", start, end })))) return;
  state.at = { kind: "figure", index: Math.max(0, state.document.figures.findIndex((figure) => figure.start === start && figure.edited)) };
}
