// Moves a story by dragging it.
import { handleChange } from "./editing.js";
import { draft } from "./state.js";

const SCROLL_STEP = 14; // pixels by which a dragover event near an edge scrolls the list
const TOP_EDGE = 50, BOTTOM_EDGE = 170; // pixels; the buttons cover the bottom

let origin = null; // the list the story came from, and the story it stood before

function startDrag({ target, dataTransfer }) {
  const story = target.closest(".grip") && target.closest(".story");
  draft.dragged = story;
  if (!story) return;
  origin = [story.parentElement, story.nextElementSibling];
  story.classList.add("dragged");
  dataTransfer.effectAllowed = "move";
  dataTransfer.setData("text/plain", story.dataset.id);
  dataTransfer.setDragImage(story, 12, 12);
}

function dragOver(event) {
  if (!draft.dragged) return;
  scrollNearEdge(event.clientY);
  const section = event.target.closest(".section");
  if (!section) return;
  event.preventDefault(); // allows a drop here
  const story = event.target.closest(".story");
  if (!story) section.querySelector("ol").append(draft.dragged);
  else if (story !== draft.dragged) placeBeside(story, event.clientY);
}

function placeBeside(story, y) {
  const box = story.getBoundingClientRect();
  if (y < box.top + box.height / 2) story.before(draft.dragged);
  else story.after(draft.dragged);
}

function scrollNearEdge(y) {
  const aside = document.querySelector("aside"), box = aside.getBoundingClientRect();
  if (y < box.top + TOP_EDGE) aside.scrollTop -= SCROLL_STEP;
  if (y > box.bottom - BOTTOM_EDGE) aside.scrollTop += SCROLL_STEP;
}

function endDrag({ dataTransfer }) {
  if (!draft.dragged) return;
  draft.dragged.classList.remove("dragged");
  // Escape was pressed, or the story was dropped outside the list: put it back.
  if (dataTransfer.dropEffect === "none") origin[0].insertBefore(draft.dragged, origin[1]);
  draft.dragged = null;
  handleChange();
}

export function init() {
  document.addEventListener("dragstart", startDrag);
  document.addEventListener("dragover", dragOver);
  document.addEventListener("drop", (event) => { if (draft.dragged) event.preventDefault(); });
  document.addEventListener("dragend", endDrag);
}
