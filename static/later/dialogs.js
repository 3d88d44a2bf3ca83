/* The dialogs: a picture of the view to be saved, and the markup that shows it in another page. */

const { page, state, element, filterQuery, seenCorners } = window.atlas.shared;

/** What shows this view elsewhere: the filters, what is compared, and more. */
function addressOf(path, more) {
  const query = filterQuery();
  if (state.indicator) query.append("indicator", state.indicator);
  if (!state.metro) query.append("metro", "off");
  more.forEach(([name, value]) => value && query.append(name, value));
  const text = query.toString();
  return `${path}${text ? `?${text}` : ""}`;
}

/** The part of the ground that nothing covers, as west, south, east and north. */
function extentOfView() {
  return seenCorners().flatMap(({ lng, lat }) => [lng.toFixed(5), lat.toFixed(5)]).join(",");
}

function preparePicture() {
  const dialog = document.getElementById("picture-dialog");
  const { extent, format, scale, width, title, subtitle } = dialog.querySelector("form").elements;
  const save = document.getElementById("save-picture");
  const write = () => {
    const isPng = format.value === "png";
    dialog.querySelector(".sizes-of-png").hidden = !isPng;
    width.disabled = scale.value !== "";
    const size = isPng ? [scale.value ? ["scale", scale.value === "1" ? "" : scale.value] : ["width", width.value]] : [];
    const view = extent.value === "view" ? [["bbox", extentOfView()]] : [];
    const words = [["title", title.value.trim()], ["subtitle", subtitle.value.trim()]];
    save.setAttribute("href", addressOf(isPng ? page.pictureUrl : page.drawingUrl, [...view, ...size, ...words, ["lang", page.language]]));
    const isReady = !width.checkValidity || width.disabled || width.checkValidity();
    if (isReady) save.removeAttribute("aria-disabled");
    else {
      save.removeAttribute("href");
      save.setAttribute("aria-disabled", "true");
    }
  };
  dialog.addEventListener("input", write);
  return () => {
    subtitle.placeholder = document.getElementById("finding").textContent.trim();
    write();
    dialog.showModal();
  };
}

/** The markup that shows this view in another page, with a look at it. */
function prepareEmbedding() {
  const dialog = document.getElementById("embed-dialog");
  const { lang, height } = dialog.querySelector("form").elements;
  const code = document.getElementById("embed-code");
  const preview = document.getElementById("preview");
  const copied = document.getElementById("copied");
  const write = () => {
    const frame = element("iframe");
    const view = addressOf(page.embedUrl, [["basemap", state.basemap === "outline" ? "" : state.basemap], ["lang", page.frozen ? "" : lang.value]]);
    const [own] = page.frozen ? document.querySelector(`[data-language="${lang.value}"]`).getAttribute("href").split(/[?#]/) : [""];
    const address = page.frozen && lang.value !== page.language ? view.replace(page.embedUrl, own.replace(/index\.html$/, "embed.html")) : view;
    frame.setAttribute("src", new URL(address + location.hash, location.href).href);
    frame.setAttribute("title", document.title);
    frame.setAttribute("width", "100%");
    frame.setAttribute("height", height.checkValidity() ? height.value : "480");
    frame.setAttribute("loading", "lazy");
    code.value = frame.outerHTML;
    copied.textContent = "";
    if (preview.firstChild && preview.firstChild.outerHTML === frame.outerHTML) return;
    preview.replaceChildren(frame);
  };
  dialog.addEventListener("change", write);
  dialog.addEventListener("close", () => preview.replaceChildren());
  code.addEventListener("focus", () => code.select());
  document.getElementById("copy-embed").addEventListener("click", async () => {
    code.select();
    // On a plain http page there is no clipboard to write to; what is selected can be copied all the same.
    const isWritten = await (navigator.clipboard ? navigator.clipboard.writeText(code.value).then(() => true, () => false) : document.execCommand("copy"));
    copied.textContent = isWritten ? page.phrases.copied : page.phrases.copyYourself;
  });
  return () => {
    dialog.showModal();
    write();
  };
}

const prepared = {};
const openOnce = (name, prepare) => () => (prepared[name] ||= prepare())();

window.atlas.open = { picture: openOnce("picture", preparePicture), embed: openOnce("embed", prepareEmbedding) };
