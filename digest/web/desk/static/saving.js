// Saves the draft, merging it with what somebody else saved meanwhile, or undoes all unsaved changes.
import { fetchPage, post } from "./api.js";
import { byId, createButton } from "./dom.js";
import { cancelTrial, formChanged } from "./editing.js";
import { isClosed, isDirty, readForm } from "./form.js";
import { merge } from "./merge.js";
import { showMessage, showResult } from "./messages.js";
import { askQuestion, closeQuestion } from "./question.js";
import { refresh } from "./refresh.js";
import { draft, shown } from "./state.js";
import { removeUnsaved } from "./unsaved.js";

const CONFLICT = 409; // the file has another version than the form
const MERGE_ATTEMPTS = 3; // others may save while this merges

let saveAgain = false; // Save was pressed while a save was under way

/** Saves the form. `prefer` ("mine" or "theirs") decides where both editors changed the same thing; without it they are asked. */
async function save(prefer = "") {
  if (isClosed()) return;
  if (draft.isSaving) { saveAgain = true; return; }
  draft.isSaving = true;
  cancelTrial();
  const sent = readForm(document);
  const { answer, merged, clashes } = await saveMerging(sent, prefer);
  draft.isSaving = false;
  if (clashes) {
    saveAgain = false;
    return askAboutClashes(clashes);
  }
  if (showResult(answer)) await takeOverSaved(sent, answer, merged);
  if (saveAgain) { saveAgain = false; if (isDirty()) await save(); }
}

/** Saves what was sent; where the file is newer, merges both and saves that. Returns the answer, or clashes to ask about. */
async function saveMerging(sent, prefer) {
  let answer = await post("/save", sent), merged = null;
  for (let attempt = 0; answer.status === CONFLICT && attempt < MERGE_ATTEMPTS; attempt++) {
    const page = await fetchPage(""), theirs = readForm(page);
    if (!theirs || theirs.version === sent.version) { // the file cannot be read as it is now
      const error = page.querySelector(".error");
      return { answer: { ok: false, error: error ? error.textContent : answer.error }, merged };
    }
    merged = merge(draft.base, sent, theirs, prefer);
    draft.knownVersion = theirs.version;
    if (merged.clashes.length && !prefer) return { clashes: merged.clashes };
    answer = await post("/save", merged.form);
  }
  return { answer, merged };
}

async function takeOverSaved(sent, answer, merged) {
  if (merged) showMessage(`${answer.said} What somebody else had changed meanwhile is in it too.`);
  removeUnsaved();
  closeQuestion();
  shown.trial = "";
  if (merged) {
    // What was written since the save is this editor's alone, and is merged when it is saved. Without any, the form is
    // filled from the file: no file has the version "merged", so the refresh replaces it.
    draft.base = sent;
    if (!isDirty()) { byId("draft").dataset.version = "merged"; draft.base = readForm(document); }
  } else {
    renameSections(sent);
    byId("draft").dataset.version = answer.version;
    draft.base = { ...sent, version: answer.version, sections: sent.sections.map((section) => ({ ...section, was: savedName(section) })) };
  }
  await refresh();
  if (isDirty()) formChanged();
}

/** A section's name as the file has it. */
const savedName = (section) => section.name.trim().replace(/\s+/g, " ");

/** Notes in the page what the file calls its sections after a save. */
function renameSections(sent) {
  for (const section of document.querySelectorAll(".section")) {
    const name = section.querySelector(".name").value;
    const saved = sent.sections.find((each) => each.was === section.dataset.was && (each.was || each.name === name));
    if (saved) section.dataset.was = savedName(saved);
  }
}

function askAboutClashes(clashes) {
  const inWords = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : value ? `“${value}”` : "nothing");
  const details = clashes.map((clash) => ("mine" in clash ? `${clash.what}: theirs is ${inWords(clash.theirs)}, yours ${inWords(clash.mine)}` : clash.what));
  askQuestion("Somebody else saved this draft since, and you both changed:", details, [
    createButton("Keep mine of these", () => save("mine")), createButton("Take theirs of these", () => save("theirs")),
  ]);
  showMessage("Not saved: somebody else changed the same. See above the button.", true);
}

function undoAll() {
  cancelTrial();
  removeUnsaved();
  draft.base = null;
  byId("draft").dataset.version = "undone"; // no file has this version, so the refresh fills the form from the file
  closeQuestion();
  showMessage("");
  refresh({ trial: "" });
}

export function init() {
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "edits") return;
    event.preventDefault();
    if (isDirty()) save();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return;
    event.preventDefault();
    if (isDirty()) save();
  });
  document.addEventListener("click", ({ target }) => {
    if (target.id === "discard" && confirm("Your unsaved changes are thrown away.")) undoAll();
  });
  addEventListener("beforeunload", (event) => { if (isDirty()) event.preventDefault(); });
}
