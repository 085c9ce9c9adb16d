// Reads the draft's form into plain data, fills it in, and says whether it has changed.
import { byId, storyById } from "./dom.js";
import { draft } from "./state.js";

/** Returns the form of a page as `/save` accepts it, or null if the page has no draft. */
export function readForm(page) {
  if (!page.getElementById("edits")) return null;
  const value = (id) => page.getElementById(id).value;
  const root = page.getElementById("draft");
  const sections = [...root.querySelectorAll(".section")].map(readSection);
  const lead = root.querySelector("input[name=lead]:checked");
  return {
    version: root.dataset.version,
    subject: value("subject"),
    preheader: value("preheader"),
    note: value("note"),
    lead: lead && !lead.closest(".story").hasAttribute("data-hidden") ? lead.value : "",
    sections: sections.filter((section) => section.name.trim() || section.was || section.stories.length),
  };
}

/** `was` is the section's name in the draft's file; empty for a new section. */
function readSection(section) {
  return {
    name: section.querySelector(".name").value,
    was: section.dataset.was,
    stories: [...section.querySelectorAll(".story")].map(readStory),
  };
}

function readStory(story) {
  return {
    id: story.dataset.id,
    headline: story.querySelector(".headline").value,
    excerpt: story.querySelector(".excerpt").value,
    hide: story.querySelector(".hide input").checked,
  };
}

/** Fills in the page's form. Stories that are no longer in the draft are left out. */
export function fillForm(form) {
  for (const id of ["subject", "preheader", "note"]) byId(id).value = form[id];
  const sections = [...document.querySelectorAll(".section")];
  const existing = new Map(sections.map((section) => [section.dataset.was, section]));
  let last = null;
  for (const values of form.sections) {
    const section = (values.was && existing.get(values.was)) || addSection();
    section.querySelector(".name").value = values.name;
    if (last) last.after(section);
    last = section;
    for (const story of values.stories) fillStory(section, story, form.lead);
  }
}

function fillStory(section, values, lead) {
  const story = storyById(values.id);
  if (!story) return;
  section.querySelector("ol").append(story);
  story.querySelector(".headline").value = values.headline;
  story.querySelector(".excerpt").value = values.excerpt;
  story.querySelector(".hide input").checked = values.hide;
  story.toggleAttribute("data-hidden", values.hide);
  story.querySelector("input[name=lead]").checked = values.id === lead;
}

/** Adds an empty section below the others. Returns the new section. */
export function addSection() {
  const section = byId("section-template").content.firstElementChild.cloneNode(true);
  byId("add-section").parentElement.before(section);
  return section;
}

export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Whether there are unsaved changes. */
export const isDirty = () => draft.base !== null && !isSame(readForm(document), draft.base);

/** Whether the edition has been sent or is being sent, so that changes would reach nobody. */
export const isClosed = () => Boolean(byId("draft").dataset.closed);
