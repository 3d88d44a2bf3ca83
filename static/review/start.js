// From the first answer of the server to the last key. Keys act outside of text fields only, and never while an input method composes.

import { addFigure, addNew } from "./adding.js";
import { askAlias, askGrowth, askHost, askKnown, askPeriod, askRank, askReason, askSubject, setSubject } from "./choices.js";
import { buildMap } from "./outline.js";
import {
  CHOICES, Refusal, accept, act, blockOf, claim, current, enqueue, fill, isPlaceStage, keyOf, likelyReason, load, read, release, rivalsOf, state, undo, words,
} from "./state.js";
import { attempt, changeOrder, correct, decide, draw, firstOpen, handlers, listOf, reload, say, showBanner, step } from "./steps.js";
import { buildText, light, selectedSpan } from "./text.js";

const KEYS = new Set([...CHOICES, ..."[]{}", "Enter", "Escape"]);
const BEAT = 4000;

// --- what keys do ---

async function enter() {
  const { kind, index } = state.at;
  if (kind === "source") return decide({ do: "source", fields: {} });
  if (kind === "place") return decide({ do: "place", index, fields: { state: "accepted" } });
  if (kind === "figure") {
    const figure = current();
    if (figure.state === "proposed" && figure.reason) return decide({ do: "figure_reject", index, reason: figure.reason });
    return decide({ do: "figure", index, fields: { state: "accepted" } });
  }
  return finish();
}

async function finish() {
  if (isPlaceStage()) {
    if (await attempt(() => act({ do: "stage", stage: "figures" }))) state.at = firstOpen();
    return;
  }
  const isReady = Boolean(state.checked?.lines.length) && !state.checked.written;
  await attempt(async () => (state.checked = await accept(isReady)));
}

/** Takes the last action back, and goes to what it was done to. */
async function takeBack() {
  let change = null;
  const named = new Set(state.document.places.map(({ name }) => name));
  if (!(await attempt(async () => (change = await undo()), words.undone))) return;
  const kind = isPlaceStage() ? "place" : "figure";
  const { at: first } = change[`${kind}s`] ?? {};
  // A place that had been joined to another one is there again.
  const again = kind === "place" && first !== undefined ? state.document.places.findIndex(({ name }) => !named.has(name)) : -1;
  const at = again < 0 ? first : again;
  if (at !== undefined && listOf(kind)[at]) state.at = { kind, index: at };
  else if (!state.document.review.source) state.at = { kind: "source", index: 0 };
  else if (state.at.kind !== "source" && state.at.kind !== kind) state.at = firstOpen();
}

async function acceptParagraph() {
  const item = current();
  if (state.at.kind === "figure") return decide({ do: "paragraph_sure", paragraph: item.paragraph });
  if (state.at.kind === "place" && item.mentions.length) return decide({ do: "places_sure", paragraph: blockOf(item.mentions[0][0])[0] });
  return undefined;
}

const edge = (side, by) => async () => {
  const item = current();
  if (!item) return;
  if (await attempt(() => act({ do: `${state.at.kind}_edge`, index: state.at.index, edge: side, by }))) {
    if (state.at.kind === "place") state.at.index = Math.min(state.at.index, state.document.places.length - 1);
  }
};

const onFigure = (work) => () => (state.at.kind === "figure" ? work() : undefined);
const COMMANDS = {
  Enter: enter,
  x: () => {
    const span = selectedSpan();
    if (span && !isPlaceStage()) return askReason((reason) => attempt(() => act({ do: "other", start: span[0], end: span[1], reason })));
    if (state.at.kind === "place") return decide({ do: "place", index: state.at.index, fields: { state: "rejected" } });
    return state.at.kind === "figure" ? askReason() : undefined;
  },
  d: onFigure(() => {
    const reason = likelyReason(current());
    return reason ? decide({ do: "figure_reject", index: state.at.index, reason }) : askReason();
  }),
  s: () => (state.at.kind === "place" ? askKnown() : state.at.kind === "figure" ? askSubject() : undefined),
  p: () => (state.at.kind === "place" ? askHost() : state.at.kind === "figure" ? askPeriod() : undefined),
  t: onFigure(() => correct({ status: current().status === "planned" ? "actual" : "planned" })),
  g: onFigure(askGrowth),
  r: onFigure(askRank),
  m: () => (state.at.kind === "place" ? askAlias() : state.at.kind === "figure" ? mergeFigure() : undefined),
  n: addNew,
  a: acceptParagraph,
  u: takeBack,
  f: onFigure(changeOrder),
  j: () => step(1),
  k: () => step(-1),
  b: () => (isPlaceStage() ? undefined : backToPlaces()),
  "[": edge("start", -1),
  "{": edge("start", 1),
  "]": edge("end", 1),
  "}": edge("end", -1),
};

async function backToPlaces() {
  if (await attempt(() => act({ do: "stage", stage: "places" }))) state.at = { kind: "place", index: 0 };
}

async function mergeFigure() {
  if (await attempt(() => act({ do: "figure_merge", index: state.at.index }), words.merged)) state.at.index = Math.max(0, state.at.index - 1);
}

async function chooseDirectly(index) {
  if (state.at.kind === "place") {
    const [kind] = words.kinds[index] ?? [];
    return kind ? correct({ kind }) : undefined;
  }
  if (state.at.kind === "figure") {
    const name = rivalsOf(current())[index];
    return name ? setSubject(name) : undefined;
  }
  return undefined;
}

async function press(pressed) {
  if (state.mode) {
    const option = state.mode.options.find(({ key }) => key === pressed) ?? (pressed === "Enter" ? state.mode.options[0] : null);
    if (pressed === "Escape" || option) state.mode = null;
    await option?.run();
    draw();
    return;
  }
  if (pressed === "Escape") {
    say("");
    return;
  }
  if (!state.writes && !["j", "k"].includes(pressed)) {
    say(words.errors.reader, true);
    return;
  }
  const command = pressed === "enter" ? enter : COMMANDS[pressed];
  if (command) await command();
  else if (/^\d$/.test(pressed)) await chooseDirectly([...Array(10).keys()].find((index) => keyOf(index) === pressed));
  draw();
}

const POINT = ["lon", "lat", "uncertainty_m"];

/** A field that was changed: the server says whether it can be so. */
async function changed(name, value) {
  if (state.at.kind === "source") {
    await attempt(() => act({ do: "source", fields: { [name]: value } }));
  } else if (POINT.includes(name)) {
    // A point that is not whole yet stays as it is typed.
    if (!(await changePoint())) return;
  } else if (name === "aliases") {
    await correct({ aliases: value.split(/[;；]/).map((one) => one.trim()) });
  } else {
    await correct({ [name]: value });
  }
  draw();
}

async function changePoint() {
  const read_ = (name) => document.querySelector(`#card [name=${name}]`)?.value.trim() ?? "";
  const [lon, lat, uncertainty_m] = POINT.map(read_);
  state.uncertainty = uncertainty_m;
  const isNone = !lon && !lat;
  if (!isNone && !(lon && lat && uncertainty_m)) return false;
  await correct({ location: isNone ? null : { lon, lat, uncertainty_m } });
  return true;
}

function goTo(start, end) {
  const index = end === null ? state.document.figures.findIndex((figure) => figure.start === start) : -1;
  if (index >= 0) {
    state.at = { kind: "figure", index };
    draw();
    return;
  }
  if (end !== null) enqueue(async () => {
    await addFigure(start, end);
    draw();
  });
}

Object.assign(handlers, {
  press: (pressed) => enqueue(() => press(pressed)),
  change: (name, value) => enqueue(() => changed(name, value)),
  typed: (text) => state.mode?.typed?.(text),
  light,
  goTo,
});

// --- events ---

const isText = (element) => element.matches("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key: pressed } = event;
  if (isText(target)) {
    if (pressed !== "Enter" && pressed !== "Escape") return;
    if (target.matches("select") && pressed === "Enter") return;
    event.preventDefault();
    if (target.name === "mode") {
      document.getElementById("card").focus({ preventScroll: true });
      handlers.press(pressed);
      return;
    }
    // What was typed is taken, or is as it was; then keys act again.
    if (pressed === "Escape") target.value = target.defaultValue;
    target.blur();
    document.getElementById("card").focus({ preventScroll: true });
    return;
  }
  if (pressed === "Enter" && target.matches("button, a")) return;
  if (!KEYS.has(pressed)) return;
  event.preventDefault();
  handlers.press(pressed);
});

document.getElementById("text").addEventListener("click", (event) => {
  if (selectedSpan()) return;
  const piece = event.target.closest("[data-place], [data-figure]");
  if (!piece) return;
  state.mode = null;
  state.at = "place" in piece.dataset ? { kind: "place", index: Number(piece.dataset.place) } : { kind: "figure", index: Number(piece.dataset.figure) };
  draw();
});

function setPoint(lon, lat) {
  if (state.at.kind !== "place" || !state.writes || current().kind === "company" || current().match?.status === "match") return;
  const uncertainty = Number(document.querySelector("#card [name=uncertainty_m]")?.value) || 1000;
  enqueue(async () => {
    await correct({ location: { lon: lon.toFixed(6), lat: lat.toFixed(6), uncertainty_m: uncertainty } });
    draw();
  });
}

async function beat() {
  try {
    const { changed: isOther, isStale } = await claim();
    if (isStale || isOther) {
      if (isStale && state.writes) say(fill(words.errors.stale, {}), true);
      await reload();
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.code === "offline" ? words.offline : fill(words.errors[error.code] ?? words.errors.unknown, { value: error.value }), true);
  }
}

addEventListener("pagehide", release);

await load();
state.outline = await read("outline");
state.at = firstOpen();
await claim();
buildText();
buildMap(setPoint);
showBanner();
draw();
setInterval(() => enqueue(beat), BEAT);
document.body.dataset.ready = "true";
