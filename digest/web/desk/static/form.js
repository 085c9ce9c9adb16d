// The draft's form: reads it into plain data, fills it in, and says whether it was changed.
import { byId, storyById } from "./dom.js";
import { draft } from "./state.js";

/** The form of a page as `/save` takes it; null if the page has no draft. */
export function readForm(page) {
  if (!page.getElementById("edits")) return null;
  const section = page.getElementById("draft");
  const value = (id) => page.getElementById(id).value;
  const lead = section.querySelector("input[name=lead]:checked");
  const sections = [...section.querySelectorAll(".section")].map(readSection);
  return {
    version: section.dataset.version, subject: value("subject"), preheader: value("preheader"), note: value("note"),
    lead: lead && !lead.closest(".story").hasAttribute("data-hidden") ? lead.value : "",
    sections: sections.filter((each) => each.name.trim() || each.was || each.stories.length),
  };
}

function readSection(section) {
  return { name: section.querySelector(".name").value, was: section.dataset.was, stories: [...section.querySelectorAll(".story")].map(readStory) };
}

function readStory(story) {
  return {
    id: story.dataset.id, headline: story.querySelector(".headline").value,
    excerpt: story.querySelector(".excerpt").value, hide: story.querySelector(".hide input").checked,
  };
}

/** Fills the page's form in; stories that are no longer in the draft are left out. */
export function fillForm(form) {
  for (const id of ["subject", "preheader", "note"]) byId(id).value = form[id];
  const existing = new Map([...document.querySelectorAll(".section")].map((section) => [section.dataset.was, section]));
  let last = null;
  for (const each of form.sections) {
    const section = (each.was && existing.get(each.was)) || addSection();
    section.querySelector(".name").value = each.name;
    if (last) last.after(section);
    last = section;
    for (const story of each.stories) fillStory(section, story, form.lead);
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

/** Adds an empty section below the others, and returns it. */
export function addSection() {
  const section = byId("empty").content.firstElementChild.cloneNode(true);
  byId("section").parentElement.before(section);
  return section;
}

export const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Whether there are unsaved changes. */
export const isDirty = () => draft.base !== null && !isSame(readForm(document), draft.base);

/** Whether the edition is on its way, so that changes would reach nobody. */
export const isClosed = () => Boolean(byId("draft").dataset.closed);
