// Keeps unsaved changes in this browser until they are saved, in case the page or the desk is closed first.
import { isClosed, isSame, readForm } from "./form.js";
import { draft, shown } from "./state.js";

/** Milliseconds after which another tab that has stopped storing its changes counts as closed. */
const TAB_TIMEOUT = 4000;

// Each tab has a key of its own, so that two tabs never overwrite each other's changes.
const tab = sessionStorage.getItem("tab") || String(Math.random()).slice(2);
sessionStorage.setItem("tab", tab);

const keyPrefix = () => `digest draft ${shown.edition} `;
const ownKey = () => keyPrefix() + tab;

/** Stores the form as it is now, or removes what was stored if nothing is unsaved. */
export function storeUnsaved() {
  if (!draft.base || isClosed()) return;
  const form = readForm(document);
  if (isSame(form, draft.base)) removeUnsaved();
  else localStorage.setItem(ownKey(), JSON.stringify({ base: draft.base, form, at: Date.now() }));
}

export function removeUnsaved() {
  localStorage.removeItem(ownKey());
}

/** Returns the latest changes that this tab or a closed one left behind: `base`, `form` and `remove()`; or null. */
export function takeAbandoned() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(keyPrefix()));
  const stored = keys.map((key) => [key, JSON.parse(localStorage.getItem(key))]);
  const abandoned = stored.filter(([key, changes]) => key === ownKey() || Date.now() - changes.at > TAB_TIMEOUT);
  const latest = abandoned.sort(([, one], [, other]) => other.at - one.at)[0];
  if (!latest || !draft.base || isClosed()) return null;
  const [key, changes] = latest, aside = `${keyPrefix()}aside ${changes.at}`;
  localStorage.removeItem(key);
  localStorage.setItem(aside, JSON.stringify(changes)); // so that new changes do not overwrite it
  return { ...changes, remove: () => localStorage.removeItem(aside) };
}
