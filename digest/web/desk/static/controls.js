// Keeps buttons, counters and remembered fields in step with the draft.
import { byId } from "./dom.js";
import { isClosed, isDirty } from "./form.js";

/** Fields whose value this browser remembers: id, and its key in localStorage. */
const REMEMBERED = [["by", "digest by"], ["to", "digest to"]];

export function updateControls() {
  for (const counter of document.querySelectorAll(".count")) updateCounter(counter);
  if (byId("edits")) for (const field of byId("edits").elements) field.disabled = isClosed();
  for (const [id, key] of REMEMBERED) if (byId(id) && !byId(id).value) byId(id).value = localStorage.getItem(key) || "";
  if (!byId("save")) return;
  const unsaved = isDirty();
  byId("save").disabled = byId("discard").disabled = !unsaved;
  const isApproved = byId("approved") && byId("approved").textContent.startsWith("Approved");
  byId("state").textContent = !unsaved ? "Saved" : isApproved ? "Not saved yet; then it wants another approval" : "Not saved yet";
}

function updateCounter(counter) {
  const length = byId(counter.dataset.for).value.length;
  counter.textContent = length ? `${length} of ${counter.dataset.most}` : "";
  counter.classList.toggle("over", length > Number(counter.dataset.most));
}

export function init() {
  document.addEventListener("input", (event) => {
    for (const [id, key] of REMEMBERED) if (event.target.id === id) localStorage.setItem(key, event.target.value);
  });
}
