// The card: one place, one figure, the report itself, or the end. It is drawn anew whenever something changes; the focus stays in its field.

import { pointOf } from "./outline.js";
import { blockOf, current, doubtOf, fill, isPlaceStage, keyOf, likelyReason, rivalsOf, slice, state, words } from "./state.js";

const card = document.getElementById("card");

/** Makes an element; what is text is never markup. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const bdi = (text) => h("bdi", {}, text);
const key = (name) => h("kbd", {}, name);

export function drawCard(handlers) {
  const active = document.activeElement;
  const focused = card.contains(active) ? active.name || active.dataset.key : null;
  const body = { source: drawSource, place: drawPlace, figure: drawFigure, done: drawDone }[state.at.kind](handlers);
  card.replaceChildren(...body.flat().filter(Boolean));
  card.scrollTop = 0;
  if (focused) {
    const same = [...card.querySelectorAll("input, select, button")].find((one) => (one.name || one.dataset.key) === focused);
    (same ?? card).focus({ preventScroll: true });
  }
}

function head(what, index, of, note = []) {
  return h("h2", { tabindex: "-1" }, index === null ? what : fill(words.counted, { what, at: index + 1, of }), ...note);
}

function field(name, label, value, handlers, more = {}) {
  const input = h("input", {
    name, value: value ?? "", autocomplete: "off", spellcheck: "false", disabled: !state.writes, ...more,
    onchange: (event) => handlers.change(name, event.target.value),
    onfocus: () => handlers.light(name),
  });
  return h("label", { class: `field of-${name}` }, h("span", {}, label), input);
}

function choose(name, label, value, options, handlers, empty = null) {
  const select = h("select", { name, disabled: !state.writes, onchange: (event) => handlers.change(name, event.target.value), onfocus: () => handlers.light(name) },
    empty === null ? null : h("option", { value: "" }, empty),
    options.map(([option, text]) => h("option", { value: option, selected: option === value }, text)));
  return h("label", { class: `field of-${name}` }, h("span", {}, label), select);
}

const button = (name, label, work, more = {}) =>
  h("button", { type: "button", "data-key": name, disabled: !state.writes, onclick: work, ...more }, key(name === "enter" ? "Enter" : name), " ", label);

function buttons(names, handlers) {
  return h("div", { class: "buttons" }, names.map(([name, label]) => button(name, label, () => handlers.press(name), { class: name === "enter" ? "main" : "" })));
}

function numbered(options, handlers, chosen = null) {
  return h("ol", { class: "numbered" }, options.map(([own, label, note], index) => h("li", {},
    h("button", {
      type: "button", "data-key": `choice-${own}-${index}`, "aria-pressed": chosen === null ? null : String(label === chosen), disabled: !state.writes,
      onclick: () => handlers.press(own),
    }, key(own), " ", bdi(label), note ? h("small", {}, " ", note) : null))));
}

function drawMode(handlers) {
  const { mode } = state;
  if (!mode) return null;
  return h("section", { class: "mode", role: "group", "aria-label": mode.title },
    h("h3", {}, mode.title),
    mode.text === undefined ? null : h("label", { class: "field" }, h("span", {}, words.type), h("input", {
      name: "mode", value: mode.text, autocomplete: "off", spellcheck: "false", "aria-label": mode.title, oninput: (event) => handlers.typed(event.target.value),
    })),
    numbered(mode.options.map(({ key: own, label, note }) => [own, label, note]), { press: handlers.press }),
    h("div", { class: "buttons" }, button("Esc", words.keys.escape, () => handlers.press("Escape"), { disabled: false })));
}

const stateOf = (item) => h("span", { class: `state ${item.state}` }, words.states[item.state]);

function quote(start, end) {
  const [, from, to] = blockOf(start) ?? [0, start, end];
  const first = Math.max(from, start - 24);
  const last = Math.min(to, end + 16);
  return h("blockquote", { lang: "zh-CN", dir: "auto" }, first > from ? "…" : "", slice(first, start), h("mark", {}, slice(start, end)), slice(end, last), last < to ? "…" : "");
}

// --- the report ---

function drawSource(handlers) {
  const { source, review } = state.document;
  const text = (name, more) => field(name, words.fields[name], source[name], handlers, more);
  return [
    head(words.source, null, null, [" ", h("span", { class: `state ${review.source ? "accepted" : "proposed"}` }, words.states[review.source ? "accepted" : "proposed"])]),
    h("p", { class: "hint" }, words.sourceHint),
    h("div", { class: "fields" }, text("title"), text("date"), text("host"), text("publisher"), text("url"),
      choose("kind", words.fields.kind, source.kind ?? "web", words.sourceKinds, handlers)),
    buttons([["enter", words.keys.enter], ["j", words.keys.j], ["u", words.keys.u]], handlers),
  ];
}

// --- a place ---

function drawPlace(handlers) {
  const place = current();
  const { places } = state.document;
  const point = pointOf(place);
  const own = place.location;
  const hosts = places.filter((other) => other !== place && other.state !== "rejected" && other.kind !== "company").map((other) => [other.name, other.name]);
  const where = place.kind === "company" ? words.isCompany
    : !point ? words.nowhere
    : point.basis === "own" ? fill(words.own, { metres: own.uncertainty_m })
    : point.basis === "host" ? fill(words.byHost, { name: place.parent })
    : fill(words.found, { name: place.match.name, metres: place.match.uncertainty_m });
  const start = place.mentions[0];
  return [
    head(words.place, state.at.index, places.length, [" ", stateOf(place)]),
    start ? quote(...start) : null,
    drawMode(handlers),
    h("div", { class: "fields" },
      field("name", words.fields.name, place.name, handlers),
      field("aliases", words.fields.aliases, place.aliases.join("；"), handlers),
      choose("parent", words.fields.parent, place.parent, hosts, handlers, words.none),
      field("name_en", words.fields.name_en, place.name_en, handlers, { lang: "en" })),
    numbered(words.kinds.map(([, label], index) => [keyOf(index), label]), handlers, words.kinds.find(([kind]) => kind === place.kind)?.[1]),
    h("p", { class: "where" }, where),
    place.kind === "company" || point?.basis === "found" ? null : h("div", { class: "fields point" },
      field("lon", words.fields.lon, own?.lon, handlers, { inputmode: "decimal" }),
      field("lat", words.fields.lat, own?.lat, handlers, { inputmode: "decimal" }),
      field("uncertainty_m", words.fields.uncertainty_m, own?.uncertainty_m ?? state.uncertainty ?? 1000, handlers, { inputmode: "numeric" })),
    buttons([
      ["enter", words.keys.enter], ["x", words.keys.xPlace], ["s", words.keys.sPlace], ["p", words.keys.pPlace], ["m", words.keys.mPlace],
      ["n", words.keys.n], ["a", words.keys.a], ["u", words.keys.u], ["j", words.keys.j], ["k", words.keys.k],
      ["[", words.keys["start-"]], ["{", words.keys["start+"]], ["]", words.keys["end+"]], ["}", words.keys["end-"]],
    ], handlers),
  ];
}

// --- a figure ---

const reasonOf = (reason) => words.reasons.find(([name]) => name === reason)?.[1] ?? reason ?? "";

function drawFigure(handlers) {
  const figure = current();
  const { figures } = state.document;
  const text = (name, more) => field(name, words.parts[name], figure[name], handlers, more);
  const rivals = rivalsOf(figure);
  const reason = likelyReason(figure);
  const isCompany = figure.reason === "company" && figure.state === "proposed";
  return [
    head(words.figure, state.at.index, figures.length, [
      " ", stateOf(figure), " ",
      figure.paragraph === null ? null : h("small", {}, fill(words.paragraph, { n: figure.paragraph })), " ",
      h("small", {}, doubtOf(figure) ? words.unsure : words.sure),
    ]),
    quote(figure.start, figure.end),
    figure.changed?.length ? h("p", { class: "changed" }, words.changed, figure.changed.map((name) => words.parts[name] ?? name).join(" · ")) : null,
    isCompany ? h("p", { class: "hint" }, words.company) : null,
    figure.state === "rejected" ? h("p", { class: "hint" }, reasonOf(figure.reason)) : null,
    drawMode(handlers),
    h("h3", { class: "of-subject" }, words.parts.subject, " ", bdi(figure.subject ?? words.noSubject)),
    numbered(rivals.map((name, index) => [keyOf(index), name]), handlers, figure.subject),
    h("div", { class: "fields" },
      text("label", { list: "indicators" }),
      text("value", { inputmode: "decimal" }), text("value_max", { inputmode: "decimal" }), text("unit"),
      choose("qualifier", words.parts.qualifier, figure.qualifier, words.qualifiers, handlers),
      text("period"),
      choose("status", words.parts.status, figure.status, words.statuses, handlers),
      text("growth_pct", { inputmode: "decimal" }), text("growth_max", { inputmode: "decimal" }),
      text("rank", { inputmode: "numeric" }), text("rank_scope")),
    h("datalist", { id: "indicators" }, words.indicators.map((name) => h("option", { value: name }))),
    buttons([
      ["enter", words.keys.enter], ["x", words.keys.x], ...(reason ? [["d", fill(words.keys.d, { reason: reasonOf(reason) })]] : []), ["s", words.keys.s], ["p", words.keys.p], ["t", words.keys.t], ["g", words.keys.g],
      ["r", words.keys.r], ["m", words.keys.m], ["n", words.keys.n], ["a", words.keys.a], ["u", words.keys.u], ["f", words.keys.f], ["j", words.keys.j], ["k", words.keys.k],
      ["[", words.keys["start-"]], ["{", words.keys["start+"]], ["]", words.keys["end+"]], ["}", words.keys["end-"]],
    ], handlers),
    figure.reasons.length ? h("p", { class: "hint" }, words.reasonsHead, figure.reasons.map((reason) => words.why[reason] ?? reason).join(" · ")) : null,
  ];
}

// --- the end of a stage ---

function drawDone(handlers) {
  const open = (list) => list.filter((one) => one.state === "proposed").length;
  const { places, figures } = state.document;
  const { checked } = state;
  const left = { places: open(places), figures: isPlaceStage() ? 0 : open(figures) };
  const isOpen = left.places > 0 || left.figures > 0;
  const next = isPlaceStage() ? words.figure : checked?.lines.length ? words.write : words.check;
  const said = isOpen ? fill(words.openLeft, left)
    : isPlaceStage() ? words.placesDone
    : checked?.written ? words.written
    : checked?.lines.length ? words.checked
    : checked ? words.problems
    : words.figuresDone;
  return [
    head(isPlaceStage() ? words.place : words.done, null),
    h("p", { class: "hint", id: "verdict" }, said),
    checked?.problems.length ? h("ul", { class: "problems" }, checked.problems.map((line) => h("li", {}, bdi(phrase(line)), " ", goThere(line, handlers)))) : null,
    checked?.lines.length ? h("ul", { class: "lines" }, checked.lines.map((line) => h("li", {}, bdi(phrase(line))))) : null,
    buttons([
      ...(isOpen || checked?.written ? [] : [["enter", next]]), ["k", words.keys.k], ["u", words.keys.u],
      ...(isPlaceStage() ? [] : [["b", words.keys.back]]),
    ], handlers),
  ];
}

/** Says a line of the server in the reader's language, with what the text has where it is. */
const phrase = ({ code, values }) => fill(words.lines[code], { ...values, text: "end" in values ? slice(values.start, values.end) : "" });

/** A problem names where it is: the start of its figure, or the span of a number that nothing tells. */
function goThere({ code, values: { start, end } }, handlers) {
  if (start === undefined) return null;
  return h("button", { type: "button", onclick: () => handlers.goTo(start, code === "not_told" ? end : null) }, words.goThere);
}
