// Merges the drafts that two editors made from the same version.
import { isSame } from "./form.js";

const FIELDS = { subject: "Subject", preheader: "Preview text", note: "Note", lead: "Lead story" };

/**
 * Merges `mine` and `theirs`, both edited from `base`. A change that one of them made is kept. Where both changed the
 * same thing differently there is a clash: mine is taken, or theirs if `prefer` is "theirs".
 * Returns the merged `form` and the `clashes`, each with a `label` and, except for the order, both values.
 */
export function merge(base, mine, theirs, prefer) {
  const clashes = [];
  const pick = (label, old, my, their) => {
    if (isSame(my, old) || isSame(my, their)) return their;
    if (isSame(their, old)) return my;
    clashes.push({ label, mine: my, theirs: their });
    return prefer === "theirs" ? their : my;
  };
  const keyed = keySections(base, mine, theirs);
  const arranged = pickOrder(keyed, prefer, clashes);
  const mergeStory = storyMerger([base, mine, theirs].map(storiesById), pick);
  const form = { version: theirs.version };
  form.sections = arranged.map((section) => mergeSection(section, keyed, pick, mergeStory));
  for (const [field, label] of Object.entries(FIELDS)) {
    form[field] = pick(label, base[field], mine[field], theirs[field]);
  }
  return { form, clashes };
}

function storiesById(form) {
  return new Map(form.sections.flatMap((section) => section.stories).map((story) => [story.id, story]));
}

/** Gives every section a `key` that is the same in all three forms: its name in `base`. */
function keySections(base, mine, theirs) {
  const withKeys = (sections, keyOf) => sections.map((section) => ({ ...section, key: keyOf(section) }));
  return {
    base: withKeys(base.sections, (section) => section.name),
    mine: withKeys(mine.sections, (section) => section.was || section.name),
    theirs: withKeys(theirs.sections, (section) => originalName(section, base, theirs)),
  };
}

/**
 * Returns the name in `base` of a section of theirs: the same name if `base` has it, else that of the section with
 * which it shares most stories, because they may have renamed it.
 */
function originalName(section, base, theirs) {
  if (base.sections.some(({ name }) => name === section.name)) return section.name;
  const kept = new Set(theirs.sections.map(({ name }) => name));
  const ids = new Set(section.stories.map(({ id }) => id));
  const countShared = (other) => other.stories.filter(({ id }) => ids.has(id)).length;
  const candidates = base.sections.filter((other) => !kept.has(other.name) && countShared(other));
  candidates.sort((one, other) => countShared(other) - countShared(one));
  return candidates.length ? candidates[0].name : section.name;
}

/** Returns the sections, mine or theirs, whose order of stories is taken. */
function pickOrder({ base, mine, theirs }, prefer, clashes) {
  const known = new Set(base.flatMap((section) => section.stories.map(({ id }) => id)));
  const knownIds = ({ stories }) => stories.map(({ id }) => id).filter((id) => known.has(id));
  const order = (sections) => sections.map((section) => [section.key, knownIds(section)]);
  const iMoved = !isSame(order(mine), order(base)), theyMoved = !isSame(order(theirs), order(base));
  if (iMoved && theyMoved && !isSame(order(theirs), order(mine))) clashes.push({ label: "Order of the stories" });
  return iMoved && !(theyMoved && prefer === "theirs") ? mine : theirs;
}

function mergeSection(section, { base, mine, theirs }, pick, mergeStory) {
  const [old, my, their] = [base, mine, theirs].map((sections) => sections.find(({ key }) => key === section.key));
  const isInAll = old && my && their;
  return {
    name: isInAll ? pick(`Name of section “${old.name}”`, old.name, my.name, their.name) : section.name,
    was: their ? their.name : "",
    stories: section.stories.map(({ id }) => mergeStory(id)).filter(Boolean),
  };
}

/** Returns a function that merges the story with an id, and returns undefined if it is not in their draft any more. */
function storyMerger([base, mine, theirs], pick) {
  return (id) => {
    const [old, my, their] = [base.get(id), mine.get(id), theirs.get(id)];
    if (!their) return undefined;
    if (!old || !my) return my || their;
    return {
      id,
      headline: pick(`Headline of “${old.headline}”`, old.headline, my.headline, their.headline),
      excerpt: pick(`Excerpt of “${old.headline}”`, old.excerpt, my.excerpt, their.excerpt),
      hide: pick(`Whether “${old.headline}” is hidden`, old.hide, my.hide, their.hide),
    };
  };
}
