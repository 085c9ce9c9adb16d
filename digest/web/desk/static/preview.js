// The email in its frames: which device, colour scheme and part of it, and how large.
import { fetchMailPart, mailUrl } from "./api.js";
import { byId, markPressed } from "./dom.js";
import { shown } from "./state.js";

/** How large a device's frame is shown beside the others, as a part of its real width. */
const SCALES = { phone: 0.82, tablet: 0.46, desktop: 0.36 };

const display = { scheme: "light", images: "on", device: innerWidth < 560 ? "phone" : "all" };

export const isPlainText = () => display.device === "text" || display.device === "source";

export const visibleFrames = () => document.querySelectorAll("figure:not([hidden]) iframe");

/** Shows the email as it is now; frames whose address has not changed are left alone. */
export function updatePreview() {
  const reasonForNone = byId("facts").dataset.empty;
  const plain = Boolean(reasonForNone) || isPlainText();
  byId("plain").hidden = !plain;
  byId("plain").classList.toggle("empty", Boolean(reasonForNone));
  if (reasonForNone) byId("plain").textContent = reasonForNone;
  else if (plain) fetchMailPart(display.device).then((text) => { byId("plain").textContent = text; });
  for (const figure of document.querySelectorAll("figure")) {
    figure.hidden = plain || (display.device !== "all" && display.device !== figure.dataset.device);
    updateFigure(figure);
  }
  byId("trying").hidden = !shown.trial;
  fitFrames();
}

function updateFigure(figure) {
  const frame = figure.querySelector("iframe");
  figure.querySelector(".screen").classList.toggle("dark", display.scheme === "dark");
  const source = mailUrl({ scheme: display.scheme, images: display.images, stamp: shown.stamp });
  if (figure.hidden || frame.getAttribute("src") === source) return;
  const scrolled = frame.contentWindow ? frame.contentWindow.scrollY : 0;
  frame.onload = () => { frame.contentWindow.scrollTo(0, scrolled); };
  frame.src = source;
}

/** Scales the visible frames so that they fit beside each other, or one fills the room. */
export function fitFrames() {
  const room = byId("views").clientWidth, height = Math.max(420, byId("views").clientHeight - 32);
  const figures = [...document.querySelectorAll("figure:not([hidden])")];
  const total = figures.reduce((sum, figure) => sum + figure.dataset.width * SCALES[figure.dataset.device], 24 * figures.length);
  for (const figure of figures) {
    const width = Number(figure.dataset.width);
    const scale = figures.length > 1 ? SCALES[figure.dataset.device] * Math.max(0.55, Math.min(1.25, room / total)) : Math.min(1, (room - 4) / width);
    const frame = figure.querySelector("iframe"), screen = figure.querySelector(".screen");
    screen.style.width = Math.round(width * scale) + 2 + "px";
    screen.style.height = height + "px";
    frame.style.width = width + "px";
    frame.style.height = Math.round(height / scale) + "px";
    frame.style.transform = `scale(${scale})`;
  }
}

/** Chooses the `scheme`, `images` or `device`. */
export function choose(name, value) {
  display[name] = value;
  markPressed(name, value);
  updatePreview();
}

/** On a narrow screen, shows the "draft" or the "email". */
export function showPane(name) {
  shown.pane = name;
  markPressed("pane", name);
  fitFrames();
}

export function init() {
  markPressed("device", display.device);
  for (const name of Object.keys(display)) byId(name).addEventListener("click", ({ target }) => { if (target.value) choose(name, target.value); });
  byId("pane").addEventListener("click", ({ target }) => { if (target.value) showPane(target.value); });
  addEventListener("resize", fitFrames);
}
