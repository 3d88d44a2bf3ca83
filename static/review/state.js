// The draft as the server has it, and what the page is looking at. Everything that changes it goes through the server, one request at a time.

export const words = JSON.parse(document.getElementById("words").textContent);
export const state = {
  document: null,
  text: [],
  blocks: [],
  choices: { periods: [], growths: [], ranks: [] },
  outline: null,
  at: { kind: "source", index: 0 },
  mode: null,
  order: "doubt",
  writes: false,
  checked: null,
};

const token = location.pathname.split("/")[1];
const tab = crypto.randomUUID();
let queue = Promise.resolve();
let waiting = 0;

export const fill = (phrase, values) => phrase.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

/** Runs what a key does when everything that was pressed before is done. */
export function enqueue(work) {
  waiting += 1;
  document.body.dataset.busy = "true";
  queue = queue.then(work).catch((error) => console.error(error)).finally(() => {
    waiting -= 1;
    if (!waiting) delete document.body.dataset.busy;
  });
  return queue;
}

/** Refusals of the server: a code for which the page has a sentence, and what it is about. */
export class Refusal extends Error {
  constructor(code, value = "") {
    super(code);
    this.code = code;
    this.value = value;
  }
}

export async function read(path) {
  const answer = await fetch(`api/${path}`, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) throw new Refusal("offline");
  return answer.json();
}

async function send(path, body, more = {}) {
  const answer = await fetch(`api/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Review-Token": token },
    body: JSON.stringify({ tab, ...body }),
    ...more,
  }).catch(() => null);
  if (!answer) throw new Refusal("offline");
  const content = await answer.json().catch(() => ({ code: "unknown", value: String(answer.status) }));
  if (!answer.ok) throw new Refusal(content.code, content.value);
  return content;
}

export async function load() {
  const draft = await read("draft");
  state.document = draft.document;
  state.text = Array.from(draft.text);
  state.blocks = draft.blocks;
  state.choices = draft.choices;
}

function patch(change) {
  const after = { ...state.document };
  for (const [name, part] of Object.entries(change)) {
    if ("at" in part) after[name] = [...after[name].slice(0, part.at), ...part.new, ...after[name].slice(part.at + part.gone)];
    else if ("is" in part) after[name] = part.is;
    else delete after[name];
  }
  state.document = after;
}

export async function act(action) {
  patch((await send("act", { revision: revision(), action })).change);
  state.checked = null;
  if (action.do === "source") state.choices = (await read("draft")).choices;
}

export async function undo() {
  const { change } = await send("undo", { revision: revision() });
  patch(change);
  state.checked = null;
  return change;
}

export async function accept(write) {
  const answer = await send("accept", { revision: revision(), write });
  return { ...answer, written: write && answer.problems.length === 0 };
}

export const revision = () => state.document.review.revision;

/** Asks whether this tab may write; gives whether the draft is another one by now. */
export async function claim(take = false) {
  const answer = await send("claim", { take });
  const changed = answer.writes !== state.writes;
  state.writes = answer.writes;
  return { changed, isStale: answer.revision !== revision() };
}

export const release = () => send("claim", { release: true }, { keepalive: true }).catch(() => null);

// --- what the draft says ---

export const slice = (start, end) => state.text.slice(start, end).join("");
export const blockOf = (offset) => state.blocks.find(([, start, end]) => start <= offset && offset < end);
export const isPlaceStage = () => state.document.review.stage === "places";
export const numberOf = (figure) => figure.spans.value ?? figure.spans.rank ?? [figure.start, figure.end];
export const partsOf = (figure) => [numberOf(figure), ...["growth", "rank"].map((part) => figure.spans[part]).filter(Boolean)];
export const subjects = () => state.document.places.filter((place) => place.state === "accepted" && place.kind !== "company");

export function current() {
  const { kind, index } = state.at;
  if (kind === "place") return state.document.places[index];
  if (kind === "figure") return state.document.figures[index];
  return null;
}

/** Where the current item stands in the text. */
export function spanOf(at = state.at) {
  if (at.kind === "place") return state.document.places[at.index]?.mentions[0] ?? null;
  if (at.kind === "figure") {
    const figure = state.document.figures[at.index];
    return figure ? [figure.start, figure.end] : null;
  }
  return null;
}

/** Whose a figure may be, to be chosen by one key: what the draft holds likely, then the paragraph's places, then the last ones chosen. */
export function rivalsOf(figure) {
  const known = new Map(subjects().map((place) => [place.name, place]));
  const [, start, end] = blockOf(figure.start) ?? [0, figure.start, figure.end];
  const near = [...known.values()].filter((place) => place.mentions.some(([first]) => start <= first && first < end)).map((place) => place.name);
  const before = state.document.figures.slice(0, state.at.index).reverse().filter((one) => one.state === "accepted").map((one) => one.subject);
  const names = [...figure.subject_candidates, figure.subject, ...near, ...before, state.document.source.host];
  return [...new Set(names)].filter((name) => known.has(name)).slice(0, 10);
}

/** The reason that the rules give, else the last one that was given in this draft to a number with the same unit. */
export function likelyReason(figure) {
  if (figure.reason) return figure.reason;
  const before = state.document.figures.filter((one) => one.state === "rejected" && one !== figure);
  const distance = (one) => Math.abs(numberOf(one)[0] - numberOf(figure)[0]);
  return before.filter(({ unit }) => unit === figure.unit).sort((a, b) => distance(a) - distance(b))[0]?.reason ?? null;
}

/** How much a figure is in doubt: 2 where a language model would link it otherwise, 0 where it is as good as sure. */
export function doubtOf(figure) {
  if (figure.confidence <= words.leastDoubted) return 2;
  const isSure = figure.confidence >= words.leastSure && !figure.changed && !figure.reason && (figure.rank === null || figure.rank_scope);
  return isSure ? 0 : 1;
}

// --- keys ---

// A choice has one key: the digits as they lie on a keyboard, then the letters; 0 is kept for "none" where there is one.
export const CHOICES = [..."1234567890abcdefghijklmnopqrstuvwxyz"];
export const keyOf = (index, hasNone = false) => CHOICES.filter((key) => !hasNone || key !== "0")[index];
