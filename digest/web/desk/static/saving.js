// Saves the draft, merging it with what someone else saved in the meantime, or discards the unsaved changes.
import { fetchPage, post } from "./api.js";
import { byId, createButton } from "./dom.js";
import { cancelPreview, handleChange } from "./editing.js";
import { isClosed, isDirty, readForm } from "./form.js";
import { merge } from "./merge.js";
import { showMessage, showResult } from "./messages.js";
import { askQuestion, closeQuestion } from "./question.js";
import { refresh } from "./refresh.js";
import { draft, shown } from "./state.js";
import { removeUnsaved } from "./unsaved.js";

const CONFLICT = 409; // the file has another version than the form
const MERGE_ATTEMPTS = 3; // others may save again while this merges

let saveAgain = false; // Save was pressed while a save was under way

/** Saves the form. `prefer` ("mine" or "theirs") decides every clash; without it, the editor is asked. */
async function save(prefer = "") {
  if (isClosed()) return;
  if (draft.isSaving) { saveAgain = true; return; }
  draft.isSaving = true;
  cancelPreview();
  const sent = readForm(document);
  const { answer, isMerged, clashes } = await postMerged(sent, prefer);
  draft.isSaving = false;
  if (clashes) {
    saveAgain = false;
    return askAboutClashes(clashes);
  }
  if (showResult(answer)) await finishSave(sent, answer, isMerged);
  if (saveAgain) { saveAgain = false; if (isDirty()) await save(); }
}

/** Posts the form, merged with the file if that is newer. Returns the answer, or the clashes to ask about. */
async function postMerged(sent, prefer) {
  let answer = await post("/save", sent), isMerged = false;
  for (let attempt = 0; answer.status === CONFLICT && attempt < MERGE_ATTEMPTS; attempt++) {
    const page = await fetchPage(""), theirs = readForm(page);
    if (!theirs || theirs.version === sent.version) { // the file cannot be read as it is now
      const error = page.querySelector(".error");
      return { answer: { ok: false, error: error ? error.textContent : answer.error } };
    }
    const { form, clashes } = merge(draft.base, sent, theirs, prefer);
    draft.knownVersion = theirs.version;
    if (clashes.length && !prefer) return { clashes };
    answer = await post("/save", form);
    isMerged = true;
  }
  return { answer, isMerged };
}

async function finishSave(sent, answer, isMerged) {
  removeUnsaved();
  closeQuestion();
  shown.edits = "";
  if (isMerged) {
    showMessage(`${answer.message} It includes what someone else changed in the meantime.`);
    useMerged(sent);
  } else {
    useSaved(sent, answer.version);
  }
  await refresh();
  if (isDirty()) handleChange();
}

/** After a merge, lets the next refresh fill the form from the file, unless something was typed since the save. */
function useMerged(sent) {
  draft.base = sent; // what was typed since then is this editor's alone, and is merged when it is saved
  if (isDirty()) return;
  byId("draft").dataset.version = "merged"; // no file has this version, so the refresh replaces the form
  draft.base = readForm(document);
}

/** After a plain save, continues from the form that was sent, and from the names the file has for its sections. */
function useSaved(sent, version) {
  const savedName = (section) => section.name.trim().replace(/\s+/g, " ");
  for (const section of document.querySelectorAll(".section")) {
    const { was } = section.dataset, name = section.querySelector(".name").value;
    const saved = sent.sections.find((each) => each.was === was && (was || each.name === name));
    if (saved) section.dataset.was = savedName(saved);
  }
  byId("draft").dataset.version = version;
  const sections = sent.sections.map((section) => ({ ...section, was: savedName(section) }));
  draft.base = { ...sent, version, sections };
}

function askAboutClashes(clashes) {
  askQuestion("Someone else saved this draft while you were editing it. You both changed:", clashes.map(describe), [
    createButton("Keep mine", () => save("mine")),
    createButton("Use theirs", () => save("theirs")),
  ]);
  showMessage("Not saved: someone else changed the same things. Choose above.", true);
}

function describe(clash) {
  if (!("mine" in clash)) return clash.label;
  return `${clash.label}: theirs is ${inWords(clash.theirs)}, yours is ${inWords(clash.mine)}`;
}

function inWords(value) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value ? `“${value}”` : "empty";
}

function discardChanges() {
  cancelPreview();
  removeUnsaved();
  draft.base = null;
  byId("draft").dataset.version = "discarded"; // no file has this version, so the refresh replaces the form
  closeQuestion();
  showMessage("");
  refresh({ edits: "" });
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
    if (target.id === "discard" && confirm("Discard all your unsaved changes?")) discardChanges();
  });
  addEventListener("beforeunload", (event) => { if (isDirty()) event.preventDefault(); });
}
