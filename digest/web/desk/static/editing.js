// Shows unsaved changes in the preview a moment after they are made.
import { post } from "./api.js";
import { updateControls } from "./controls.js";
import { isClosed, isSame, readForm } from "./form.js";
import { clearError, showMessage } from "./messages.js";
import { refresh } from "./refresh.js";
import { draft, shown } from "./state.js";
import { storeUnsaved } from "./unsaved.js";

const DELAY = 250; // milliseconds after the last key
const LONGEST_DELAY = 800; // milliseconds after the first, while somebody writes on

let timer = 0, firstChange = 0, latestTrial = 0;

/** Does what every change of the form needs: buttons, storage and preview follow it. */
export function formChanged() {
  updateControls();
  storeUnsaved();
  if (!timer) firstChange = Date.now();
  clearTimeout(timer);
  timer = setTimeout(tryChanges, Math.max(0, Math.min(DELAY, firstChange + LONGEST_DELAY - Date.now())));
}

/** Drops the trial that is waiting or under way: its changes are being saved or undone. */
export function cancelTrial() {
  clearTimeout(timer);
  timer = 0;
  latestTrial += 1;
}

async function tryChanges() {
  timer = 0;
  if (!draft.base || isClosed()) return;
  const trial = ++latestTrial, form = readForm(document);
  if (isSame(form, draft.base)) {
    clearError();
    if (shown.trial) await refresh({ trial: "" });
    return;
  }
  const answer = await post("/try", { ...form, reader: shown.reader, segment: shown.segment });
  if (trial !== latestTrial) return; // saved, undone or changed again in the meantime
  if (!answer.ok) return showMessage(answer.error, true);
  clearError();
  await refresh({ trial: answer.trial });
}

export function init() {
  document.addEventListener("input", (event) => { if (event.target.closest("#edits")) formChanged(); });
  document.addEventListener("change", (event) => {
    const hide = event.target.closest(".hide input");
    if (hide) hide.closest(".story").toggleAttribute("data-hidden", hide.checked);
    if (event.target.closest("#edits")) formChanged();
  });
}
