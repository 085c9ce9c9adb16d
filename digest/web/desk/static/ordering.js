// Moves stories and sections with the arrow buttons or Alt and an arrow key, and adds sections.
import { byId } from "./dom.js";
import { handleChange } from "./editing.js";
import { addSection } from "./form.js";

/** Moves a story by one place. From the edge of its section it goes into the next one. */
function moveStory(story, isUp) {
  const neighbour = isUp ? story.previousElementSibling : story.nextElementSibling;
  const section = adjacentSection(story.closest(".section"), isUp);
  if (neighbour) placeBeside(neighbour, story, isUp);
  else if (!section) return;
  else if (isUp) section.querySelector("ol").append(story);
  else section.querySelector("ol").prepend(story);
  story.scrollIntoView({ block: "nearest" });
  handleChange();
  announcePosition(story);
}

function moveSection(section, isUp) {
  const neighbour = adjacentSection(section, isUp);
  if (!neighbour) return;
  placeBeside(neighbour, section, isUp);
  handleChange();
}

function placeBeside(neighbour, element, isUp) {
  if (isUp) neighbour.before(element);
  else neighbour.after(element);
}

function adjacentSection(section, isUp) {
  const neighbour = isUp ? section.previousElementSibling : section.nextElementSibling;
  return neighbour && neighbour.classList.contains("section") ? neighbour : null;
}

/** Tells screen readers where the story is now. */
function announcePosition(story) {
  const stories = [...document.querySelectorAll(".story")];
  const headline = story.querySelector(".headline").value;
  const section = story.closest(".section").querySelector(".name").value;
  byId("position").textContent = `${headline}: ${stories.indexOf(story) + 1} of ${stories.length}, in ${section}`;
}

/** Moves the story or section that an element belongs to. The element keeps the focus. */
function moveFrom(element, isUp) {
  const story = element.closest(".story");
  if (story) moveStory(story, isUp);
  else moveSection(element.closest(".section"), isUp);
  element.focus();
}

export function init() {
  document.addEventListener("click", ({ target }) => {
    const arrow = target.closest(".up, .down");
    if (arrow) moveFrom(arrow, arrow.classList.contains("up"));
    if (target.id === "add-section") {
      addSection().querySelector(".name").focus();
      handleChange();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    if (!event.target.closest(".story") && !event.target.classList.contains("name")) return;
    event.preventDefault();
    moveFrom(event.target, event.key === "ArrowUp");
  });
}
