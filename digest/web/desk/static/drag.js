// Moves a story by dragging it.
import { formChanged } from "./editing.js";
import { draft } from "./state.js";

const SCROLL_STEP = 14; // pixels a dragover event scrolls the list by, near its edges
const EDGE_TOP = 50, EDGE_BOTTOM = 170; // pixels; the buttons cover the bottom

let origin = null; // the list the story came from, and the story it stood before

function start(event) {
  draft.dragged = event.target.closest(".grip") && event.target.closest(".story");
  if (!draft.dragged) return;
  origin = [draft.dragged.parentElement, draft.dragged.nextElementSibling];
  draft.dragged.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", draft.dragged.dataset.id);
  event.dataTransfer.setDragImage(draft.dragged, 12, 12);
}

function over(event) {
  if (!draft.dragged) return;
  scrollNearEdge(event.clientY);
  const section = event.target.closest(".section");
  if (!section) return;
  event.preventDefault(); // it may be dropped here
  const story = event.target.closest(".story");
  if (!story) section.querySelector("ol").append(draft.dragged);
  else if (story !== draft.dragged) {
    const box = story.getBoundingClientRect();
    event.clientY < box.top + box.height / 2 ? story.before(draft.dragged) : story.after(draft.dragged);
  }
}

function scrollNearEdge(y) {
  const aside = document.querySelector("aside"), edges = aside.getBoundingClientRect();
  if (y < edges.top + EDGE_TOP) aside.scrollTop -= SCROLL_STEP;
  if (y > edges.bottom - EDGE_BOTTOM) aside.scrollTop += SCROLL_STEP;
}

function end(event) {
  if (!draft.dragged) return;
  draft.dragged.classList.remove("dragged");
  // Escape was pressed, or it was dropped outside the list: back to where it was.
  if (event.dataTransfer.dropEffect === "none") origin[0].insertBefore(draft.dragged, origin[1]);
  draft.dragged = null;
  formChanged();
}

export function init() {
  document.addEventListener("dragstart", start);
  document.addEventListener("dragover", over);
  document.addEventListener("drop", (event) => { if (draft.dragged) event.preventDefault(); });
  document.addEventListener("dragend", end);
}
