// Merges the drafts that two editors made from the same version.
import { isSame } from "./form.js";

const FIELDS = [["subject", "the subject"], ["preheader", "the preview text"], ["note", "the note"], ["lead", "which story is the lead"]];

/**
 * Merges `mine` and `theirs`, both edited from `base`. What one of them changed is kept. What both changed differently
 * is a clash: mine is taken, or theirs if `prefer` is "theirs". Returns the merged `form` and the `clashes`.
 */
export function merge(base, mine, theirs, prefer) {
  const clashes = [];
  const pick = (what, was, my, their) => {
    if (isSame(my, was) || isSame(my, their)) return their;
    if (isSame(their, was)) return my;
    clashes.push({ what, mine: my, theirs: their });
    return prefer === "theirs" ? their : my;
  };
  const keyed = keySections(base, mine, theirs);
  const arranged = pickOrder(keyed, prefer, clashes);
  const pickStory = storyPicker([base, mine, theirs].map(indexStories), pick);
  const sections = arranged.map((section) => mergeSection(section, keyed, pick, pickStory));
  const form = { version: theirs.version, sections };
  for (const [field, what] of FIELDS) form[field] = pick(what, base[field], mine[field], theirs[field]);
  return { form, clashes };
}

const indexStories = (form) => new Map(form.sections.flatMap((section) => section.stories.map((story) => [story.id, story])));

/** Gives every section a `key` that is the same in all three forms: its name in `base`. */
function keySections(base, mine, theirs) {
  const withKey = (sections, keyOf) => sections.map((section) => ({ ...section, key: keyOf(section) }));
  return {
    base: withKey(base.sections, (section) => section.name),
    mine: withKey(mine.sections, (section) => section.was || section.name),
    theirs: withKey(theirs.sections, (section) => originalName(section, base, theirs)),
  };
}

/** What a section of theirs is called in `base`: the same, or they renamed the one that shares most stories with it. */
function originalName(section, base, theirs) {
  if (base.sections.some((each) => each.name === section.name)) return section.name;
  const kept = new Set(theirs.sections.map((each) => each.name));
  const countShared = (each) => each.stories.filter((story) => section.stories.some((other) => other.id === story.id)).length;
  const renamed = base.sections.filter((each) => !kept.has(each.name) && countShared(each));
  const likely = renamed.sort((one, other) => countShared(other) - countShared(one))[0];
  return likely ? likely.name : section.name;
}

/** The sections, of mine or theirs, whose order of stories is taken. */
function pickOrder({ base, mine, theirs }, prefer, clashes) {
  const known = new Set(base.flatMap((section) => section.stories.map((story) => story.id)));
  const order = (sections) => sections.map((section) => [section.key, section.stories.map((story) => story.id).filter((id) => known.has(id))]);
  const iMoved = !isSame(order(mine), order(base)), theyMoved = !isSame(order(theirs), order(base));
  if (iMoved && theyMoved && !isSame(order(theirs), order(mine))) clashes.push({ what: "the order of the stories" });
  return iMoved && !(theyMoved && prefer === "theirs") ? mine : theirs;
}

function mergeSection(section, keyed, pick, pickStory) {
  const [was, my, their] = [keyed.base, keyed.mine, keyed.theirs].map((all) => all.find((each) => each.key === section.key));
  return {
    name: was && my && their ? pick(`the name of the section “${was.name}”`, was.name, my.name, their.name) : section.name,
    was: their ? their.name : "",
    stories: section.stories.map((story) => pickStory(story.id)).filter(Boolean),
  };
}

/** A function that merges the story with an id; undefined for one that is not in their draft any more. */
function storyPicker([base, mine, theirs], pick) {
  return (id) => {
    const [was, my, their] = [base.get(id), mine.get(id), theirs.get(id)];
    if (!their) return undefined;
    if (!was || !my) return my || their;
    return {
      id,
      headline: pick(`the headline of “${was.headline}”`, was.headline, my.headline, their.headline),
      excerpt: pick(`the excerpt of “${was.headline}”`, was.excerpt, my.excerpt, their.excerpt),
      hide: pick(`whether “${was.headline}” is hidden`, was.hide, my.hide, their.hide),
    };
  };
}
