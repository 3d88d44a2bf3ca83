// What is done with a draft and where one is in it: an action goes to the server, what came of it is said, and the next open item is shown.

import { drawCard, h } from "./card.js";
import { drawMap } from "./outline.js";
import { Refusal, act, claim, doubtOf, enqueue, fill, isPlaceStage, load, numberOf, revision, state, words } from "./state.js";
import { buildText, drawText } from "./text.js";

const said = document.getElementById("said");
const banner = document.getElementById("banner");
// What the card does when it is worked with; start.js fills it in.
export const handlers = {};

// --- drawing ---

export function draw() {
  const { places, figures, other_numbers: others, review, source } = state.document;
  const done = (list) => list.filter((one) => one.state !== "proposed").length;
  document.getElementById("title").textContent = source.title;
  document.getElementById("progress").textContent = fill(words.progress, {
    placesDone: done(places), places: places.length, figuresDone: done(figures), figures: figures.length, others: others.length,
    doubtful: figures.filter((one) => one.state === "proposed" && doubtOf(one)).length,
  });
  document.getElementById("bar").value = (done(places) + done(figures) + (review.source ? 1 : 0)) / (places.length + figures.length + 1);
  drawCard(handlers);
  drawText();
  drawMap();
  document.body.dataset.revision = revision();
  document.body.dataset.stage = review.stage;
  document.body.dataset.at = state.at.kind;
}

export function say(text, isWrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", isWrong);
}

export function showBanner() {
  if (state.writes) {
    banner.replaceChildren();
    return;
  }
  banner.replaceChildren(words.reader, " ", h("button", { type: "button", onclick: () => enqueue(async () => {
    await claim(true);
    await reload();
  }) }, words.take));
}

export async function reload() {
  await load();
  state.mode = null;
  buildText();
  const { kind, index } = state.at;
  const isOpen = kind === "source" ? !state.document.review.source : listOf(kind)[index]?.state === "proposed" && (kind === "place") === isPlaceStage();
  if (!isOpen) state.at = firstOpen();
  showBanner();
  draw();
}

/** Does something on the server, and says what came of it. */
export async function attempt(work, text = words.saved) {
  say(words.saving);
  try {
    await work();
    say(text);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await refused(error);
    return false;
  }
}

async function refused({ code, value }) {
  say(code === "offline" ? words.offline : fill(words.errors[code] ?? words.errors.unknown, { value: value || code }), true);
  if (code === "reader") {
    state.writes = false;
    showBanner();
  }
  if (code === "stale" || code === "reader") {
    await load().catch(() => null);
    buildText();
  }
}

// --- where one is ---

export function firstOpen() {
  if (!state.document.review.source) return { kind: "source", index: 0 };
  return nextOpen(isPlaceStage() ? "place" : "figure", -1);
}

export const listOf = (kind) => (kind === "place" ? state.document.places : kind === "figure" ? state.document.figures : []);

/** Goes to the next item that is open, from the current one on, then from the beginning. */
export function advance() {
  const kind = isPlaceStage() ? "place" : "figure";
  state.at = nextOpen(kind, state.at.kind === kind ? state.at.index : -1);
}

/** Figures in doubt come first, the most doubtful of all; else the order is that of the text. */
function nextOpen(kind, from) {
  const list = listOf(kind);
  const open = [...list.keys()].filter((index) => list[index].state === "proposed");
  const doubts = open.map((index) => (kind === "figure" && state.order === "doubt" ? doubtOf(list[index]) : 0));
  const wanted = open.filter((_, position) => doubts[position] === Math.max(...doubts));
  const next = wanted.find((index) => index > from) ?? wanted[0];
  return next === undefined ? { kind: "done", index: 0 } : { kind, index: next };
}

export function changeOrder() {
  state.order = state.order === "doubt" ? "text" : "doubt";
  state.at = firstOpen();
  say(words.orders[state.order]);
}

export function step(by) {
  const kind = isPlaceStage() ? "place" : "figure";
  const order = [{ kind: "source", index: 0 }, ...listOf(kind).map((_, index) => ({ kind, index })), { kind: "done", index: 0 }];
  const here = order.findIndex((one) => one.kind === state.at.kind && one.index === state.at.index);
  state.at = order[Math.min(Math.max(here + by, 0), order.length - 1)];
}

/** The list may have changed around an item: it is found again by what does not change. */
export function keepAt(item) {
  const { kind } = state.at;
  if (kind === "place") {
    const index = state.document.places.findIndex((one) => one.name === item.name);
    if (index >= 0) state.at = { kind, index };
  }
  if (kind === "figure") {
    const [start] = numberOf(item);
    const near = (one) => Math.abs(numberOf(one)[0] - start) * 10 + (one.subject === item.subject ? 0 : 1);
    const index = state.document.figures.reduce((best, one, at, all) => (near(one) < near(all[best]) ? at : best), 0);
    state.at = { kind, index };
  }
}

const change = (fields) => ({ do: state.at.kind, index: state.at.index, fields });

export async function correct(fields) {
  const before = state.document[`${state.at.kind}s`]?.[state.at.index];
  if (await attempt(() => act(change(fields)))) keepAt({ ...before, ...fields, spans: { ...before?.spans, ...fields.spans } });
}

export async function decide(action) {
  if (await attempt(() => act(action))) advance();
}
