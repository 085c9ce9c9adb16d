// Offers to restore changes that were not saved before the page or the desk was closed.
import { byId, createButton } from "./dom.js";
import { handleChange } from "./editing.js";
import { fillForm } from "./form.js";
import { askQuestion, closeQuestion } from "./question.js";
import { draft } from "./state.js";
import { takeAbandoned } from "./unsaved.js";

export function offerRecovery() {
  const abandoned = takeAbandoned();
  if (!abandoned) return;
  const closeAndRemove = () => { closeQuestion(); abandoned.remove(); };
  askQuestion("This browser has changes to this draft that were never saved.", [], [
    createButton("Restore them", () => { closeAndRemove(); restore(abandoned); }),
    createButton("Discard them", closeAndRemove),
  ]);
}

function restore({ base, form }) {
  fillForm(form);
  draft.base = base;
  byId("draft").dataset.version = base.version;
  handleChange();
}
