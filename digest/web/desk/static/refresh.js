// Brings the page up to date with the files, without disturbing somebody who is writing.
import { fetchPage, fetchStamp } from "./api.js";
import { updateControls } from "./controls.js";
import { byId, replaceFrom } from "./dom.js";
import { rememberFocus, restoreFocus } from "./focus.js";
import { isDirty, readForm } from "./form.js";
import { clearConnectionError, DESK_CLOSED, DESK_REOPENED, showMessage } from "./messages.js";
import { updatePreview } from "./preview.js";
import { draft, shown } from "./state.js";
import { storeUnsaved } from "./unsaved.js";

const POLL_INTERVAL = 250; // milliseconds

/** Loads the page again, with `changes` of what is shown (reader, segment, trial), and takes over what is new in it. */
export async function refresh(changes = {}) {
  Object.assign(shown, changes);
  let page;
  try {
    page = await fetchPage();
  } catch (error) {
    return showMessage(error.message, true);
  }
  Object.assign(shown, { stamp: page.body.dataset.stamp, reader: page.body.dataset.reader });
  updateFacts(page);
  // The form is replaced only if the file has changed, and never while it holds unsaved changes.
  if (page.getElementById("draft").dataset.version === byId("draft").dataset.version || isDirty() || draft.dragged) updateDraft(page);
  else replaceDraft(page);
  if (page.getElementById("actions").dataset.kind !== byId("actions").dataset.kind) replaceFrom(page, "actions");
  else if (byId("approved")) replaceFrom(page, "approved");
  updateControls();
  updatePreview();
}

function updateFacts(page) {
  document.title = page.title;
  replaceFrom(page, "facts");
  byId("segment").replaceChildren(...document.adoptNode(page.getElementById("segment")).children);
  byId("segment").value = shown.reader || shown.segment;
  document.querySelector(".title").replaceWith(document.adoptNode(page.querySelector(".title")));
}

/** Updates what surrounds the form, and leaves its fields as they are. */
function updateDraft(page) {
  const { version, closed } = page.getElementById("draft").dataset;
  const leads = [...page.querySelectorAll("#draft [data-leads]")].map((story) => story.dataset.id);
  for (const story of document.querySelectorAll(".story")) story.toggleAttribute("data-leads", leads.includes(story.dataset.id));
  for (const id of ["closing", "arrived"]) if (byId(id) && page.getElementById(id)) replaceFrom(page, id);
  byId("draft").dataset.closed = closed;
  if (version === byId("draft").dataset.version || version === draft.knownVersion || !byId("conflict").hidden) return;
  draft.knownVersion = version;
  showMessage(version ? "Somebody else saved this draft since. Yours is still here: save it, and both are kept." : "The draft's file is gone. What you wrote is still here: make a draft again, then save it.", true);
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
    const stamp = await fetchStamp();
    if (stamp === null) showMessage(DESK_REOPENED, true);
    else {
      if (!draft.isSaving && stamp !== shown.stamp) await refresh();
      clearConnectionError();
    }
  } catch {
    showMessage(DESK_CLOSED, true);
  }
  if (isDirty() && Date.now() % 2000 < 450) storeUnsaved(); // says to other tabs that this one is still open
  setTimeout(watch, POLL_INTERVAL);
}
