// Lists to choose from instead of typing: the likeliest first, and one key for each.

import { CHOICES, act, blockOf, current, fill, keyOf, numberOf, read, rivalsOf, slice, state, subjects, words } from "./state.js";
import { attempt, correct, decide, draw, keepAt } from "./steps.js";

function withKeys(options, none = null) {
  const keyed = options.slice(0, CHOICES.length - (none ? 1 : 0)).map((option, index) => ({ ...option, key: keyOf(index, Boolean(none)) }));
  return none ? [...keyed, { ...none, key: "0" }] : keyed;
}

function distinct(options) {
  const seen = new Set();
  return options.filter(({ label }) => !seen.has(label) && seen.add(label));
}

function openMode(title, options, more = {}) {
  state.mode = { title, options, ...more };
  draw();
  if (more.text !== undefined) document.querySelector("[name=mode]").focus();
}

// --- why it is no figure ---

export function askReason(then = (reason) => decide({ do: "figure_reject", index: state.at.index, reason })) {
  openMode(words.modes.x, withKeys(words.reasons.map(([reason, label]) => ({ label, run: () => then(reason) }))));
}

// --- what a figure has ---

/** What stands in the paragraph of a figure: what is nearest comes first. */
function near(list, figure) {
  const [, first, last] = blockOf(figure.start) ?? [0, figure.start, figure.end];
  const distance = ({ start }) => Math.abs(start - numberOf(figure)[0]);
  return list.filter(({ start }) => first <= start && start < last).sort((a, b) => distance(a) - distance(b));
}

/** The same time a year earlier or later, and the time by which instead of the time in which: what 同期, 上年 and 年底 are mistaken for. */
function shifted(period) {
  if (!period || period === "after") return [];
  const by = (years) => period.replace(/\d{4}/g, (year) => String(Number(year) + years));
  return [by(-1), period.startsWith("/") ? period.slice(1) : `/${period.split("/").at(-1)}`, by(1)].filter((one) => one !== "/");
}

export function askPeriod() {
  const figure = current();
  const stated = near(state.choices.periods, figure).map(({ period, start, end }) => ({ label: period, run: () => correct({ period, spans: { period: [start, end] } }) }));
  const bare = (period) => ({ label: period, run: () => correct({ period }) });
  const counts = new Map();
  state.document.figures.forEach(({ period }) => period && counts.set(period, (counts.get(period) ?? 0) + 1));
  const others = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const after = { ...bare("after"), note: words.after };
  const options = [...stated, ...shifted(figure.period).map(bare), ...others.map(bare)].filter(({ label }) => label !== "after" && label !== figure.period);
  const kept = distinct(options);
  openMode(words.modes.p, withKeys([...kept.slice(0, 8), after, ...kept.slice(8)], { label: words.noneStated, run: () => correct({ period: "" }) }));
}

export function askGrowth() {
  const figure = current();
  const stated = near(state.choices.growths, figure).map(({ growth_pct, growth_max, start, end }) => ({
    label: growth_max ? `${growth_pct}–${growth_max} %` : `${growth_pct} %`,
    run: () => correct({ growth_pct, growth_max: growth_max ?? "", spans: { growth: [start, end] } }),
  }));
  const opposite = figure.growth_pct?.startsWith("-") ? figure.growth_pct.slice(1) : `-${figure.growth_pct}`;
  const turned = figure.growth_pct === null || figure.growth_max !== null ? [] : [{ label: `${opposite} %`, run: () => correct({ growth_pct: opposite }) }];
  openMode(words.modes.g, withKeys(distinct([...stated, ...turned]), { label: words.noneStated, run: () => correct({ growth_pct: "", growth_max: "" }) }));
}

export function askRank() {
  const options = near(state.choices.ranks, current()).map(({ rank, rank_scope, start, end }) => ({
    label: `${rank} · ${rank_scope ?? slice(Math.max(0, start - 6), end)}`,
    run: () => correct({ rank: String(rank), rank_scope: rank_scope ?? current().rank_scope ?? "", spans: { rank: [start, end] } }),
  }));
  openMode(words.modes.r, withKeys(distinct(options), { label: words.noneStated, run: () => correct({ rank: "", rank_scope: "" }) }));
}

// --- whose it is ---

/** Sets the subject, and where it is named: the last mention before the number. */
export function setSubject(name) {
  const figure = current();
  const place = state.document.places.find((one) => one.name === name);
  const [, start] = blockOf(figure.start) ?? [0, 0];
  const mention = place?.mentions.filter(([first]) => start <= first && first <= figure.start).at(-1);
  return correct({ subject: name, ...(mention ? { spans: { subject: mention } } : {}) });
}

/** Options that follow what is typed: Enter takes the first, a key outside of the field any. */
function askName(title, optionsOf) {
  const typed = async (text) => {
    const options = await optionsOf(text.trim());
    if (!state.mode || state.mode.typed !== typed) return;
    state.mode.options = withKeys(options);
    state.mode.text = text;
    draw();
  };
  openMode(title, [], { text: "", typed });
  typed("");
}

export const askText = (title, run) => askName(title, (text) => (text ? [{ label: text, run: () => run(text) }] : []));

export function askSubject() {
  const likely = rivalsOf(current());
  const names = [...new Set([...likely, ...subjects().map(({ name }) => name)])];
  askName(words.modes.s, (text) => {
    const options = names.filter((name) => !text || name.includes(text)).map((name) => ({ label: name, run: () => setSubject(name) }));
    const isNew = text && !names.includes(text);
    return [...options, ...(isNew ? [{ label: fill(words.newPlace, { name: text }), run: () => newSubject(text) }] : [])];
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

// --- what a place is ---

export function askKnown() {
  const place = current();
  const same = (known) => correct({ name: known.name, kind: known.kind, aliases: [...new Set([place.name, ...place.aliases])].filter((name) => name !== known.name) });
  askName(words.modes.sPlace, async (text) => (await read(`known?q=${encodeURIComponent(text || place.name.slice(0, 2))}`).catch(() => []))
    .map((known) => ({ label: known.name, run: () => same(known) })));
}

const otherPlaces = () => state.document.places.filter((place) => place !== current() && place.state !== "rejected" && place.kind !== "company");
const shared = (a, b) => [...a].filter((character) => b.includes(character)).length;

export function askAlias() {
  const place = current();
  const names = otherPlaces().sort((a, b) => shared(b.name, place.name) - shared(a.name, place.name)).map(({ name }) => name);
  const merge = (name) => decide({ do: "place_merge", index: state.at.index, into: state.document.places.findIndex((one) => one.name === name) });
  openMode(words.modes.m, withKeys(names.map((name) => ({ label: name, run: () => merge(name) }))));
}

export function askHost() {
  const place = current();
  const [start] = place.mentions[0] ?? [0];
  const distance = (other) => Math.min(...other.mentions.map(([first]) => (first <= start ? start - first : 1000 + first - start)), 1e6);
  const names = otherPlaces().filter(({ kind }) => kind !== "project").sort((a, b) => distance(a) - distance(b)).map(({ name }) => name);
  openMode(words.modes.pPlace, withKeys(names.map((name) => ({ label: name, run: () => correct({ parent: name }) })), { label: words.none, run: () => correct({ parent: "" }) }));
}
