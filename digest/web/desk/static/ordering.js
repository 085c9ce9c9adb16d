// Moves stories and sections with arrow buttons and Alt with an arrow key, and adds sections.
import { byId } from "./dom.js";
import { formChanged } from "./editing.js";
import { addSection } from "./form.js";

/** Moves a story one place; from the edge of its section it goes into the next one. */
function moveStory(story, isUp) {
  const neighbour = isUp ? story.previousElementSibling : story.nextElementSibling;
  if (neighbour) isUp ? neighbour.before(story) : neighbour.after(story);
  else {
    const section = adjacentSection(story.closest(".section"), isUp);
    if (!section) return;
    isUp ? section.querySelector("ol").append(story) : section.querySelector("ol").prepend(story);
  }
  story.scrollIntoView({ block: "nearest" });
  formChanged();
  announcePosition(story);
}

function moveSection(section, isUp) {
  const neighbour = adjacentSection(section, isUp);
  if (!neighbour) return;
  isUp ? neighbour.before(section) : neighbour.after(section);
  formChanged();
}

function adjacentSection(section, isUp) {
  const neighbour = isUp ? section.previousElementSibling : section.nextElementSibling;
  return neighbour && neighbour.classList.contains("section") ? neighbour : null;
}

/** Says where the story is now, for screen readers. */
function announcePosition(story) {
  const stories = [...document.querySelectorAll(".story")], position = stories.indexOf(story) + 1;
  const section = story.closest(".section").querySelector(".name").value;
  byId("moved").textContent = `${story.querySelector(".headline").value}: ${position} of ${stories.length}, in ${section}`;
}

/** Moves the story, or the section, that an element belongs to; the element keeps the focus. */
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
    if (target.id === "section") {
      addSection().querySelector(".name").focus();
      formChanged();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    if (!event.target.closest(".story") && !event.target.classList.contains("name")) return;
    event.preventDefault();
    moveFrom(event.target, event.key === "ArrowUp");
  });
}
