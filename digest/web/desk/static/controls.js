// Keeps buttons, character counters and remembered fields in step with the draft.
import { byId } from "./dom.js";
import { isClosed, isDirty } from "./form.js";

/** Fields whose value this browser remembers: id, and key in localStorage. */
const REMEMBERED = [["by", "digest by"], ["to", "digest to"]];

export function updateControls() {
  for (const counter of document.querySelectorAll(".count")) updateCounter(counter);
  if (byId("edits")) for (const field of byId("edits").elements) field.disabled = isClosed();
  for (const [id, key] of REMEMBERED) {
    if (byId(id) && !byId(id).value) byId(id).value = localStorage.getItem(key) || "";
  }
  if (!byId("save")) return;
  byId("save").disabled = byId("discard").disabled = !isDirty();
  byId("save-state").textContent = describeState();
}

function describeState() {
  if (!isDirty()) return "Saved";
  const isApproved = byId("approval") && byId("approval").hasAttribute("data-approved");
  return isApproved ? "Unsaved changes; saving them requires a new approval" : "Unsaved changes";
}

function updateCounter(counter) {
  const length = byId(counter.dataset.for).value.length;
  counter.textContent = length ? `${length} of ${counter.dataset.most}` : "";
  counter.classList.toggle("over", length > Number(counter.dataset.most));
}

export function init() {
  document.addEventListener("input", ({ target }) => {
    for (const [id, key] of REMEMBERED) if (target.id === id) localStorage.setItem(key, target.value);
  });
}
