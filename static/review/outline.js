// The map: the built-in outline, the places, and the current one with its uncertainty. No tiles, no library.

import { current, state, subjects, words } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";
const pane = document.getElementById("map");
const METRES = 111320;
let view = null;
let whole = null;
let squeeze = 1;
let onPoint = () => {};

const make = (name, attributes = {}) => {
  const element = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  return element;
};
const x = (lon) => lon * squeeze;
const y = (lat) => -lat;

export function buildMap(choosePoint) {
  onPoint = choosePoint;
  const [west, south, east, north] = extent(state.outline.districts);
  squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  whole = [x(west), y(north), x(east) - x(west), north - south];
  view = [...whole];
  const picture = make("svg", { role: "img", "aria-label": pane.getAttribute("aria-label") });
  picture.append(group("water", state.outline.water), group("districts", state.outline.districts), labels(), make("g", { class: "points" }));
  const buttons = document.createElement("div");
  buttons.className = "zoom";
  for (const [sign, label, by] of [["+", words.zoomIn, 0.5], ["−", words.zoomOut, 2], ["◻", words.zoomAll, 0]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => zoom(by));
    buttons.append(button);
  }
  pane.replaceChildren(picture, buttons);
  picture.addEventListener("click", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
    onPoint(point.x / squeeze, -point.y);
  });
  addEventListener("resize", drawMap);
}

function extent(collection) {
  const points = collection.features.flatMap(({ geometry }) => geometry.coordinates.flat(geometry.type === "MultiPolygon" ? 2 : 1));
  const margin = 0.03;
  const [lons, lats] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  return [least(lons) - margin, least(lats) - margin, most(lons) + margin, most(lats) + margin];
}

function group(name, collection) {
  const element = make("g", { class: name });
  for (const feature of collection.features ?? []) {
    const { type, coordinates } = feature.geometry;
    if (type.includes("Point")) continue;
    const lines = type === "LineString" ? [coordinates] : type === "Polygon" || type === "MultiLineString" ? coordinates : coordinates.flat();
    const path = lines.map((line) => line.map(([lon, lat], index) => `${index ? "L" : "M"}${x(lon).toFixed(5)} ${y(lat).toFixed(5)}`).join("")).join("");
    element.append(make("path", { d: type.includes("Polygon") ? `${path}Z` : path, class: type.includes("Polygon") ? "area" : "line" }));
  }
  return element;
}

function labels() {
  const element = make("g", { class: "names" });
  const name = document.documentElement.lang === "en" ? "name_en" : "name_zh";
  for (const { properties } of state.outline.districts.features) {
    if (!properties.label) continue;
    const text = make("text", { "data-lon": properties.label[0], "data-lat": properties.label[1] });
    text.textContent = properties[name];
    element.append(text);
  }
  return element;
}

function zoom(by) {
  const [left, top, width, height] = view;
  const point = pointOf(focused());
  const [cx, cy] = point ? [x(point.lon), y(point.lat)] : [left + width / 2, top + height / 2];
  view = by ? [cx - (width * by) / 2, cy - (height * by) / 2, width * by, height * by] : [...whole];
  drawMap();
}

/** Where a place is: by a point of its own, by the gazetteer, or with its host. */
export function pointOf(place, depth = 0) {
  if (!place) return null;
  if (place.location) return { ...place.location, basis: "own" };
  if (place.match?.status === "match") return { lon: place.match.lon, lat: place.match.lat, uncertainty_m: place.match.uncertainty_m, basis: "found" };
  const host = depth < 5 && place.parent ? state.document.places.find((other) => other.name === place.parent) : null;
  const point = host ? pointOf(host, depth + 1) : null;
  return point && { ...point, basis: "host" };
}

function focused() {
  const item = current();
  if (state.at.kind === "place") return item;
  return item && state.document.places.find((place) => place.name === item.subject);
}

export function drawMap() {
  const picture = pane.querySelector("svg");
  if (!picture) return;
  picture.setAttribute("viewBox", view.join(" "));
  const scale = Math.max(view[2] / (pane.clientWidth || 1), view[3] / (pane.clientHeight || 1));
  const written = [];
  picture.querySelectorAll(".names text").forEach((text) => {
    text.setAttribute("x", x(Number(text.dataset.lon)));
    text.setAttribute("y", y(Number(text.dataset.lat)));
    text.setAttribute("font-size", 12 * scale);
    // A name that another one lies under waits for a nearer view.
    const box = text.getBBox();
    const isFree = written.every((other) => box.x > other.x + other.width || other.x > box.x + box.width || box.y > other.y + other.height || other.y > box.y + box.height);
    text.classList.toggle("waits", !isFree);
    if (isFree) written.push(box);
  });
  const points = [];
  const here = focused();
  for (const place of [...subjects().filter((one) => one !== here), here]) {
    const point = pointOf(place);
    if (!point) continue;
    const at = { cx: x(point.lon), cy: y(point.lat) };
    if (place === here) {
      points.push(make("circle", { ...at, r: point.uncertainty_m / METRES, class: "uncertainty" }));
      const text = make("text", { x: at.cx, y: at.cy - 10 * scale, "font-size": 14 * scale, class: "here" });
      text.textContent = place.name;
      points.push(text);
    }
    points.push(make("circle", { ...at, r: (place === here ? 6 : 4) * scale, class: `point ${point.basis}${place === here ? " here" : ""}` }));
  }
  picture.querySelector(".points").replaceChildren(...points);
}
