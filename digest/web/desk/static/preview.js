// Shows the email in its frames: which device, colour scheme and part of it, and at what scale.
import { fetchMailPart, mailUrl } from "./api.js";
import { byId, markPressed } from "./dom.js";
import { shown } from "./state.js";

/** The scale at which a device's frame is shown beside the others, before it is fitted to the window. */
const SCALES = { phone: 0.82, tablet: 0.46, desktop: 0.36 };
const GAP = 24; // pixels that a frame needs beside its own width
const MIN_HEIGHT = 420; // pixels

const display = { scheme: "light", images: "on", device: innerWidth < 560 ? "phone" : "all" };

export const isPlainText = () => display.device === "text" || display.device === "source";

export const visibleFrames = () => document.querySelectorAll("figure:not([hidden]) iframe");

/** Shows the email as it is now. A frame whose URL has not changed is left alone. */
export function updatePreview() {
  const whyNone = byId("summary").dataset.empty;
  const isPlain = Boolean(whyNone) || isPlainText();
  updatePlainText(isPlain, whyNone);
  for (const figure of document.querySelectorAll("figure")) {
    figure.hidden = isPlain || (display.device !== "all" && display.device !== figure.dataset.device);
    updateFigure(figure);
  }
  byId("unsaved-notice").hidden = !shown.edits;
  fitFrames();
}

function updatePlainText(isPlain, whyNone) {
  const plain = byId("plain-text");
  plain.hidden = !isPlain;
  plain.classList.toggle("empty", Boolean(whyNone));
  if (whyNone) plain.textContent = whyNone;
  else if (isPlain) fetchMailPart(display.device).then((text) => { plain.textContent = text; });
}

function updateFigure(figure) {
  const frame = figure.querySelector("iframe");
  figure.querySelector(".screen").classList.toggle("dark", display.scheme === "dark");
  const url = mailUrl({ scheme: display.scheme, images: display.images, revision: shown.revision });
  if (figure.hidden || frame.getAttribute("src") === url) return;
  const scrolled = frame.contentWindow ? frame.contentWindow.scrollY : 0;
  frame.onload = () => { frame.contentWindow.scrollTo(0, scrolled); };
  frame.src = url;
}

/** Scales the visible frames so that they fit beside each other, or so that a single one fits the window. */
export function fitFrames() {
  const height = Math.max(MIN_HEIGHT, byId("views").clientHeight - 32);
  const figures = [...document.querySelectorAll("figure:not([hidden])")];
  for (const figure of figures) {
    const width = Number(figure.dataset.width), scale = scaleOf(figure, figures);
    const frame = figure.querySelector("iframe"), screen = figure.querySelector(".screen");
    screen.style.width = Math.round(width * scale) + 2 + "px";
    screen.style.height = height + "px";
    frame.style.width = width + "px";
    frame.style.height = Math.round(height / scale) + "px";
    frame.style.transform = `scale(${scale})`;
  }
}

function scaleOf(figure, visible) {
  const available = byId("views").clientWidth;
  if (visible.length === 1) return Math.min(1, (available - 4) / figure.dataset.width);
  const needed = visible.reduce((sum, { dataset }) => sum + dataset.width * SCALES[dataset.device] + GAP, 0);
  return SCALES[figure.dataset.device] * Math.max(0.55, Math.min(1.25, available / needed));
}

/** Chooses the "scheme", "images" or "device". */
export function choose(name, value) {
  display[name] = value;
  markPressed(name, value);
  updatePreview();
}

/** Shows the "draft" or the "email" on a narrow screen. */
export function showPane(name) {
  shown.pane = name;
  markPressed("pane", name);
  fitFrames();
}

export function init() {
  markPressed("device", display.device);
  for (const name of Object.keys(display)) {
    byId(name).addEventListener("click", ({ target }) => { if (target.value) choose(name, target.value); });
  }
  byId("pane").addEventListener("click", ({ target }) => { if (target.value) showPane(target.value); });
  addEventListener("resize", fitFrames);
}
