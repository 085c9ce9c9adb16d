// Offers changes that were never saved, because the page or the desk was closed first.
import { byId, createButton } from "./dom.js";
import { formChanged } from "./editing.js";
import { fillForm } from "./form.js";
import { askQuestion, closeQuestion } from "./question.js";
import { draft } from "./state.js";
import { takeAbandoned } from "./unsaved.js";

export function offerRecovery() {
  const abandoned = takeAbandoned();
  if (!abandoned) return;
  askQuestion("There are changes here that were never saved.", [], [
    createButton("Bring them back", () => { close(abandoned); bringBack(abandoned); }),
    createButton("Throw them away", () => close(abandoned)),
  ]);
}

function close(abandoned) {
  closeQuestion();
  abandoned.remove();
}

function bringBack({ base, form }) {
  fillForm(form);
  draft.base = base;
  byId("draft").dataset.version = base.version;
  formChanged();
}
