// Shows unsaved changes in the preview shortly after they are made.
import { post } from "./api.js";
import { updateControls } from "./controls.js";
import { isClosed, isSame, readForm } from "./form.js";
import { clearError, showMessage } from "./messages.js";
import { refresh } from "./refresh.js";
import { draft, shown } from "./state.js";
import { storeUnsaved } from "./unsaved.js";

const DELAY = 250; // milliseconds after the last change
const MAX_DELAY = 800; // milliseconds after the first change, while the editor goes on typing

let timer = 0, firstChange = 0, latestRequest = 0;

/** Does what every change of the form requires: updates the buttons, stores the changes, previews them soon. */
export function handleChange() {
  updateControls();
  storeUnsaved();
  if (!timer) firstChange = Date.now();
  clearTimeout(timer);
  timer = setTimeout(previewChanges, Math.max(0, Math.min(DELAY, firstChange + MAX_DELAY - Date.now())));
}

/** Cancels a preview that is waiting or under way, because its changes are being saved or discarded. */
export function cancelPreview() {
  clearTimeout(timer);
  timer = 0;
  latestRequest += 1;
}

async function previewChanges() {
  timer = 0;
  if (!draft.base || isClosed()) return;
  const request = ++latestRequest, form = readForm(document);
  if (isSame(form, draft.base)) {
    clearError();
    if (shown.edits) await refresh({ edits: "" });
    return;
  }
  const answer = await post("/edits", { ...form, reader: shown.reader, segment: shown.segment });
  if (request !== latestRequest) return; // saved, discarded or changed again in the meantime
  if (!answer.ok) return showMessage(answer.error, true);
  clearError();
  await refresh({ edits: answer.edits });
}

export function init() {
  document.addEventListener("input", ({ target }) => { if (target.closest("#edits")) handleChange(); });
  document.addEventListener("change", ({ target }) => {
    const hide = target.closest(".hide input");
    if (hide) hide.closest(".story").toggleAttribute("data-hidden", hide.checked);
    if (target.closest("#edits")) handleChange();
  });
}
