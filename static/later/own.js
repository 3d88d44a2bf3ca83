/* A list of the reader's own: its panel and script come when one is dropped, pasted or asked for. */

const { map, page, element, announce, margins, isStill, isEmbedded, addScript, handed } = window.atlas.shared;

let ownList = null; // the promise of what opens the panel

async function openHanded(token) {
  const answer = await fetch(page.ownList.handed, { method: "POST", headers: { "X-Atlas-List": token } });
  // A long one is counted where it lies.
  const isCounted = answer.ok && answer.headers.get("Content-Type").startsWith("application/json");
  if (isCounted) openCounted(await answer.json(), token);
  else if (answer.ok) openOwnList(new File([await answer.blob()], decodeURIComponent(answer.headers.get("X-Atlas-Name"))));
  else announce(page.phrases.noList);
}

async function openCounted(about, token) {
  try {
    await addScript(about.script);
    await window.atlas.openCounted(about, token);
  } catch {
    announce(page.phrases.noList);
  }
}

function loadOwnList() {
  ownList ||= new Promise((resolve, reject) => {
    const style = element("link");
    style.rel = "stylesheet";
    style.href = page.ownList.style;
    document.head.append(style);
    addScript(page.ownList.script).then(() => resolve(window.atlasOwnList), reject);
  });
  ownList.catch(() => {
    ownList = null;
  });
  return ownList;
}

async function openOwnList(file = null) {
  if (page.frozen) {
    announce(page.frozen.phrases.needsServer);
    return;
  }
  try {
    await (await loadOwnList()).open(file, { map, page, element, margins, isStill, isNarrow });
  } catch {
    announce(page.phrases.noList);
  }
}

/** Rows that were copied from a spreadsheet, or a file; a single line is none of both. */
function pastedList({ files, getText }) {
  if (files.length) return files[0];
  const text = getText();
  return text.trim().includes("\n") ? new File([text], text.includes("\t") ? "list.tsv" : "list.csv") : null;
}

function offerOwnList() {
  const button = document.getElementById("own-list");
  button.addEventListener("click", () => openOwnList());
  if (handed) openHanded(handed[1]);
  const holdsFile = (event) => [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (holdsFile(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) openOwnList(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    if (event.target.closest && event.target.closest("input, textarea, select")) return;
    const list = pastedList({ files: event.clipboardData.files, getText: () => event.clipboardData.getData("text/plain") });
    if (!list) return;
    event.preventDefault();
    openOwnList(list);
  });
}

if (document.getElementById("own-list") && !isEmbedded) offerOwnList();
