// Leads from a finding to its place in the email.
import { byId } from "./dom.js";
import { showMessage } from "./messages.js";
import { choose, isPlainText, showPane, visibleFrames } from "./preview.js";

const SECONDS_MARKED = 2.5;

function showPlace(location) {
  const field = /^(subject|preheader)\b/.exec(location);
  if (field && byId(field[1])) return byId(field[1]).focus();
  if (isPlainText()) choose("device", "all");
  showPane("email");
  let isFound = false;
  for (const frame of visibleFrames()) {
    const element = findElement(frame.contentDocument, location);
    if (element) markElement(frame.contentWindow, element);
    isFound ||= Boolean(element);
  }
  if (!isFound) showMessage(`This finding has no single place in the preview: ${location}`);
}

/** Returns the image or link that a location names, else the smallest element that contains the words it quotes. */
function findElement(email, location) {
  const elements = [...email.querySelectorAll("body *")]; // none while the email is still loading
  const visible = elements.filter((element) => element.offsetParent !== null || element.tagName === "IMG");
  const url = location.match(/\(([^()\s]+)\)/), file = location.match(/^image (\S+)/);
  for (const match of [url, file]) {
    const named = match && visible.find((element) => pointsTo(element, match[1].replace(/…$/, "")));
    if (named) return named;
  }
  const quoted = location.match(/[`"“]([^`"”]+)[`"”]/);
  const words = quoted && quoted[1].replace(/(\.\.\.|…)$/, "").trim();
  return words && visible.filter((element) => element.textContent.replace(/\s+/g, " ").includes(words)).pop();
}

function pointsTo(element, target) {
  const urls = [element.getAttribute("href"), element.getAttribute("src")];
  return urls.some((url) => url && (url === target || url.endsWith("/" + target)));
}

function markElement(view, element) {
  view.scrollTo({ top: view.scrollY + element.getBoundingClientRect().top - view.innerHeight / 3 });
  element.style.outline = "4px solid #e0a800";
  setTimeout(() => { element.style.outline = ""; }, SECONDS_MARKED * 1000);
}

export function init() {
  document.addEventListener("click", ({ target }) => {
    const finding = target.closest(".finding");
    if (finding) showPlace(finding.dataset.location);
  });
}
