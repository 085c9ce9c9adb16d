// Leads from a finding to the place in the email that it is about.
import { byId } from "./dom.js";
import { showMessage } from "./messages.js";
import { choose, isPlainText, showPane, visibleFrames } from "./preview.js";

const SECONDS_MARKED = 2.5;

function showPlace(where) {
  const field = /^(subject|preheader)\b/.exec(where);
  if (field && byId(field[1])) return byId(field[1]).focus();
  if (isPlainText()) choose("device", "all");
  showPane("email");
  const hits = [...visibleFrames()].map((frame) => [frame, findPlace(frame.contentDocument, where)]).filter(([, hit]) => hit);
  for (const [frame, hit] of hits) markPlace(frame.contentWindow, hit);
  if (!hits.length) showMessage(`It is in no single place of the picture: ${where}.`);
}

/** The picture or link that a finding names, else the smallest element that contains the words it quotes. */
function findPlace(email, where) {
  const visible = [...email.body.querySelectorAll("*")].filter((each) => each.offsetParent !== null || each.tagName === "IMG");
  const address = where.match(/\(([^()\s]+)\)/), file = where.match(/^image (\S+)/);
  for (const match of [address, file]) {
    const named = match && visible.find((each) => pointsTo(each, match[1].replace(/…$/, "")));
    if (named) return named;
  }
  const quoted = where.match(/[`"“]([^`"”]+)[`"”]/);
  const words = quoted && quoted[1].replace(/(\.\.\.|…)$/, "").trim();
  return words && visible.filter((each) => each.textContent.replace(/\s+/g, " ").includes(words)).pop();
}

function pointsTo(element, value) {
  return [element.getAttribute("href"), element.getAttribute("src")].some((url) => url && (url === value || url.endsWith("/" + value)));
}

function markPlace(view, element) {
  view.scrollTo({ top: view.scrollY + element.getBoundingClientRect().top - view.innerHeight / 3 });
  element.style.outline = "4px solid #e0a800";
  setTimeout(() => { element.style.outline = ""; }, SECONDS_MARKED * 1000);
}

export function init() {
  document.addEventListener("click", (event) => {
    const finding = event.target.closest(".place");
    if (finding) showPlace(finding.dataset.where);
  });
}
