// Brings the page up to date with the files, without disturbing an editor who is typing.
import { fetchPage, fetchRevision } from "./api.js";
import { updateControls } from "./controls.js";
import { byId, replaceFrom } from "./dom.js";
import { rememberFocus, restoreFocus } from "./focus.js";
import { isDirty, readForm } from "./form.js";
import { clearConnectionError, DESK_CLOSED, DESK_RESTARTED, showMessage } from "./messages.js";
import { updatePreview } from "./preview.js";
import { draft, shown } from "./state.js";
import { storeUnsaved } from "./unsaved.js";

const POLL_INTERVAL = 250; // milliseconds

/** Loads the page again, after `changes` to what it shows (reader, segment, edits), and shows what is new in it. */
export async function refresh(changes = {}) {
  Object.assign(shown, changes);
  const { version } = byId("draft").dataset;
  let page;
  try {
    page = await fetchPage();
  } catch (error) {
    return showMessage(error.message, true);
  }
  if (byId("draft").dataset.version !== version) return; // a save ended meanwhile: it loads a page that is newer than this
  Object.assign(shown, { revision: page.body.dataset.revision, reader: page.body.dataset.reader });
  updateSummary(page);
  // The form is replaced only if the file has changed, and never while it holds unsaved changes.
  if (!isNewVersion(page) || isDirty() || draft.dragged) updateAroundForm(page);
  else replaceDraft(page);
  if (page.getElementById("actions").dataset.kind !== byId("actions").dataset.kind) replaceFrom(page, "actions");
  else if (byId("approval")) replaceFrom(page, "approval");
  updateControls();
  updatePreview();
}

const isNewVersion = (page) => page.getElementById("draft").dataset.version !== byId("draft").dataset.version;

function updateSummary(page) {
  document.title = page.title;
  replaceFrom(page, "summary");
  byId("segment").replaceChildren(...document.adoptNode(page.getElementById("segment")).children);
  byId("segment").value = shown.reader || shown.segment;
  document.querySelector(".title").replaceWith(document.adoptNode(page.querySelector(".title")));
}

/** Updates what surrounds the form, and leaves its fields alone. */
function updateAroundForm(page) {
  const leads = [...page.querySelectorAll("#draft [data-leads]")].map((story) => story.dataset.id);
  for (const story of document.querySelectorAll(".story")) {
    story.toggleAttribute("data-leads", leads.includes(story.dataset.id));
  }
  for (const id of ["closed-notice", "new-stories"]) {
    if (byId(id) && page.getElementById(id)) replaceFrom(page, id);
  }
  byId("draft").dataset.closed = page.getElementById("draft").dataset.closed;
  if (isNewVersion(page)) warnOfNewVersion(page.getElementById("draft").dataset.version);
}

function warnOfNewVersion(version) {
  if (version === draft.knownVersion || !byId("question").hidden) return;
  draft.knownVersion = version;
  showMessage(version
    ? "Someone else has saved this draft. Your changes are still here: save them, and both are kept."
    : "The draft's file was deleted. Your changes are still here: create the draft again, then save.", true);
}

function replaceDraft(page) {
  const place = rememberFocus(document.activeElement);
  shown.edition = page.body.dataset.edition;
  replaceFrom(page, "draft");
  draft.base = readForm(document);
  restoreFocus(place);
}

/** Asks the server four times a second whether anything has changed, for as long as the page is open. */
export async function watch() {
  try {
    const revision = await fetchRevision();
    if (revision === null) showMessage(DESK_RESTARTED, true);
    else {
      if (!draft.isSaving && revision !== shown.revision) await refresh();
      clearConnectionError();
    }
  } catch {
    showMessage(DESK_CLOSED, true);
  }
  if (isDirty() && Date.now() % 2000 < 450) storeUnsaved(); // shows other tabs that this one is still open
  setTimeout(watch, POLL_INTERVAL);
}
