// From the first answer of the server to the last key. Keys act outside of text fields only, and never while an input method composes.

import { drawCard, h } from "./card.js";
import { buildMap, drawMap } from "./outline.js";
import {
  Refusal, accept, act, blockOf, claim, current, enqueue, fill, isPlaceStage, load, numberOf, read, release, revision, rivalsOf, slice, state, subjects, undo, words,
} from "./state.js";
import { buildText, drawText, light, selectedSpan } from "./text.js";

const said = document.getElementById("said");
const banner = document.getElementById("banner");
const DIGITS = "1234567890";
const KEYS = new Set([..."xspt grmnaujkb[]{}".replace(" ", ""), ...DIGITS, "Enter", "Escape"]);
const BEAT = 4000;

// --- drawing ---

function draw() {
  const { places, figures, other_numbers: others, review, source } = state.document;
  const done = (list) => list.filter((one) => one.state !== "proposed").length;
  document.getElementById("title").textContent = source.title;
  document.getElementById("progress").textContent = fill(words.progress, {
    placesDone: done(places), places: places.length, figuresDone: done(figures), figures: figures.length, others: others.length,
  });
  document.getElementById("bar").value = (done(places) + done(figures) + (review.source ? 1 : 0)) / (places.length + figures.length + 1);
  drawCard(handlers);
  drawText();
  drawMap();
  document.body.dataset.revision = revision();
  document.body.dataset.stage = review.stage;
  document.body.dataset.at = state.at.kind;
}

function say(text, isWrong = false) {
  said.textContent = text;
  said.classList.toggle("wrong", isWrong);
}

function showBanner() {
  if (state.writes) {
    banner.replaceChildren();
    return;
  }
  banner.replaceChildren(words.reader, " ", h("button", { type: "button", onclick: () => enqueue(async () => {
    await claim(true);
    await reload();
  }) }, words.take));
}

async function reload() {
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
async function attempt(work, text = words.saved) {
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

function firstOpen() {
  if (!state.document.review.source) return { kind: "source", index: 0 };
  const kind = isPlaceStage() ? "place" : "figure";
  const index = listOf(kind).findIndex((one) => one.state === "proposed");
  return index < 0 ? { kind: "done", index: 0 } : { kind, index };
}

const listOf = (kind) => (kind === "place" ? state.document.places : kind === "figure" ? state.document.figures : []);

/** Goes to the next item that is open, from the current one on, then from the beginning. */
function advance() {
  const kind = isPlaceStage() ? "place" : "figure";
  const list = listOf(kind);
  const from = state.at.kind === kind ? state.at.index : -1;
  const order = [...list.keys()].filter((index) => index > from).concat([...list.keys()].filter((index) => index <= from));
  const next = order.find((index) => list[index].state === "proposed");
  state.at = next === undefined ? { kind: "done", index: 0 } : { kind, index: next };
}

function step(by) {
  const kind = isPlaceStage() ? "place" : "figure";
  const order = [{ kind: "source", index: 0 }, ...listOf(kind).map((_, index) => ({ kind, index })), { kind: "done", index: 0 }];
  const here = order.findIndex((one) => one.kind === state.at.kind && one.index === state.at.index);
  state.at = order[Math.min(Math.max(here + by, 0), order.length - 1)];
}

/** The list may have changed around an item: it is found again by what does not change. */
function keepAt(item) {
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

async function correct(fields) {
  const before = state.document[`${state.at.kind}s`]?.[state.at.index];
  if (await attempt(() => act(change(fields)))) keepAt({ ...before, ...fields, spans: { ...before?.spans, ...fields.spans } });
}

async function decide(action) {
  if (await attempt(() => act(action))) advance();
}

// --- what keys do ---

const distance = (span, figure) => Math.abs(span.start - numberOf(figure)[0]);
const inParagraph = (list, figure) => {
  const [, start, end] = blockOf(figure.start) ?? [0, figure.start, figure.end];
  return list.filter((one) => start <= one.start && one.start < end).sort((a, b) => distance(a, figure) - distance(b, figure));
};

function distinct(options) {
  const seen = new Set();
  return options.filter(({ label }) => !seen.has(label) && seen.add(label));
}

const withDigits = (options, none = null) => [
  ...options.slice(0, 9).map((option, index) => ({ ...option, digit: DIGITS[index] })),
  ...(none ? [{ ...none, digit: "0" }] : []),
];

function openMode(title, options, more = {}) {
  state.mode = { title, options, ...more };
  draw();
  if (more.text !== undefined && !more.waits) document.querySelector("[name=mode]").focus();
}

function askReason(second = false, then = (reason) => decide({ do: "figure_reject", index: state.at.index, reason })) {
  const reasons = second ? words.reasons.slice(10) : words.reasons.slice(0, 10);
  const options = reasons.map(([reason, label], index) => ({ digit: DIGITS[index], label, run: () => then(reason) }));
  options.push({ digit: "x", label: words.keys.more, run: () => askReason(!second, then), stays: true });
  openMode(words.modes.x, options);
}

function askPeriod() {
  const figure = current();
  const near = inParagraph(state.choices.periods, figure).map(({ period, start, end }) => ({ label: period, run: () => correct({ period, spans: { period: [start, end] } }) }));
  const others = state.document.figures.map(({ period }) => period).filter(Boolean).map((period) => ({ label: period, run: () => correct({ period }) }));
  const after = { label: "after", note: words.after, run: () => correct({ period: "after" }) };
  const options = distinct([...near, ...others]).filter(({ label }) => label !== "after").slice(0, 8);
  openMode(words.modes.p, withDigits([...options, after], { label: words.noneStated, run: () => correct({ period: "" }) }));
}

function askGrowth() {
  const options = inParagraph(state.choices.growths, current()).map(({ growth_pct, growth_max, start, end }) => ({
    label: growth_max ? `${growth_pct}–${growth_max} %` : `${growth_pct} %`,
    run: () => correct({ growth_pct, growth_max: growth_max ?? "", spans: { growth: [start, end] } }),
  }));
  openMode(words.modes.g, withDigits(distinct(options), { label: words.noneStated, run: () => correct({ growth_pct: "", growth_max: "" }) }));
}

function askRank() {
  const options = inParagraph(state.choices.ranks, current()).map(({ rank, rank_scope, start, end }) => ({
    label: `${rank} · ${rank_scope ?? slice(Math.max(0, start - 6), end)}`,
    run: () => correct({ rank: String(rank), rank_scope: rank_scope ?? current().rank_scope ?? "", spans: { rank: [start, end] } }),
  }));
  openMode(words.modes.r, withDigits(distinct(options), { label: words.noneStated, run: () => correct({ rank: "", rank_scope: "" }) }));
}

/** Sets the subject, and where it is named: the last mention before the number. */
function setSubject(name) {
  const figure = current();
  const place = state.document.places.find((one) => one.name === name);
  const [, start] = blockOf(figure.start) ?? [0, 0];
  const mention = place?.mentions.filter(([first]) => start <= first && first <= figure.start).at(-1);
  return correct({ subject: name, ...(mention ? { spans: { subject: mention } } : {}) });
}

/** Options that follow what is typed: Enter takes the first, a digit outside of the field any. */
function askName(title, optionsOf) {
  const typed = async (text) => {
    const options = await optionsOf(text.trim());
    if (!state.mode || state.mode.typed !== typed) return;
    state.mode.options = withDigits(options);
    state.mode.text = text;
    draw();
  };
  openMode(title, [], { text: "", typed });
  typed("");
}

const matching = (text, run) => (names) => names.filter((name) => !text || name.includes(text)).map((name) => ({ label: name, run: () => run(name) }));

function askSubject() {
  askName(words.modes.s, (text) => {
    const options = matching(text, setSubject)(subjects().map(({ name }) => name));
    const isNew = text && !subjects().some(({ name }) => name === text);
    return [...options.slice(0, 8), ...(isNew ? [{ label: fill(words.newPlace, { name: text }), run: () => newSubject(text) }] : [])];
  });
}

async function newSubject(name) {
  const figure = current();
  if (!(await attempt(() => act({ do: "place_new", name })))) return;
  const index = state.document.places.findIndex((place) => place.name === name);
  if (!(await attempt(() => act({ do: "place", index, fields: { state: "accepted" } })))) return;
  keepAt(figure);
  await setSubject(name);
}

function askKnown() {
  const place = current();
  const same = (known) => correct({ name: known.name, kind: known.kind, aliases: [...new Set([place.name, ...place.aliases])].filter((name) => name !== known.name) });
  askName(words.modes.sPlace, async (text) => (await read(`known?q=${encodeURIComponent(text || place.name.slice(0, 2))}`).catch(() => []))
    .map((known) => ({ label: known.name, run: () => same(known) })));
}

const otherPlaces = () => state.document.places.filter((place) => place !== current() && place.state !== "rejected" && place.kind !== "company");
const shared = (a, b) => [...a].filter((character) => b.includes(character)).length;

function askAlias() {
  const place = current();
  const names = otherPlaces().sort((a, b) => shared(b.name, place.name) - shared(a.name, place.name)).map(({ name }) => name);
  const merge = (name) => decide({ do: "place_merge", index: state.at.index, into: state.document.places.findIndex((one) => one.name === name) });
  openMode(words.modes.m, withDigits(names.map((name) => ({ label: name, run: () => merge(name) }))));
}

function askHost() {
  const place = current();
  const [start] = place.mentions[0] ?? [0];
  const near = (other) => Math.min(...other.mentions.map(([first]) => (first <= start ? start - first : 1000 + first - start)), 1e6);
  const names = otherPlaces().filter(({ kind }) => kind !== "project").sort((a, b) => near(a) - near(b)).map(({ name }) => name);
  openMode(words.modes.pPlace, withDigits(names.map((name) => ({ label: name, run: () => correct({ parent: name }) })), { label: words.none, run: () => correct({ parent: "" }) }));
}

function addNew() {
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

const askText = (title, run) => askName(title, (text) => (text ? [{ label: text, run: () => run(text) }] : []));

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

async function addFigure(start, end) {
  if (!(await attempt(() => act({ do: "figure_new", start, end })))) return;
  state.at = { kind: "figure", index: Math.max(0, state.document.figures.findIndex((figure) => figure.start === start && figure.edited)) };
}

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
    if (span && !isPlaceStage()) return askReason(false, (reason) => attempt(() => act({ do: "other", start: span[0], end: span[1], reason })));
    if (state.at.kind === "place") return decide({ do: "place", index: state.at.index, fields: { state: "rejected" } });
    return state.at.kind === "figure" ? askReason() : undefined;
  },
  s: () => (state.at.kind === "place" ? askKnown() : state.at.kind === "figure" ? askSubject() : undefined),
  p: () => (state.at.kind === "place" ? askHost() : state.at.kind === "figure" ? askPeriod() : undefined),
  t: onFigure(() => correct({ status: current().status === "planned" ? "actual" : "planned" })),
  g: onFigure(askGrowth),
  r: onFigure(askRank),
  m: () => (state.at.kind === "place" ? askAlias() : state.at.kind === "figure" ? mergeFigure() : undefined),
  n: addNew,
  a: acceptParagraph,
  u: takeBack,
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

async function digit(pressed) {
  const index = DIGITS.indexOf(pressed);
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
    const option = state.mode.options.find(({ digit: own }) => own === pressed) ?? (pressed === "Enter" ? state.mode.options[0] : null);
    if (pressed === "Escape") {
      state.mode = null;
    } else if (option) {
      if (!option.stays) state.mode = null;
      await option.run();
    }
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
  else if (DIGITS.includes(pressed)) await digit(pressed);
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

const handlers = {
  press: (pressed) => enqueue(() => press(pressed)),
  change: (name, value) => enqueue(() => changed(name, value)),
  typed: (text) => state.mode?.typed?.(text),
  light,
  goTo,
};

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
