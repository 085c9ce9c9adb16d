// Keeps the caret where it was when the form is replaced.

/** Where somebody is writing, as a selector that also holds in the new form; null if that is not in the draft. */
export function rememberFocus(field) {
  if (!field || !field.closest("#draft")) return null;
  const story = field.closest(".story"), section = field.closest(".section");
  const parent = story ? `.story[data-id="${CSS.escape(story.dataset.id)}"] ` : section ? `.section[data-was="${CSS.escape(section.dataset.was)}"] ` : "";
  const own = field.id ? `#${field.id}` : field.classList.length ? `.${field.classList[0]}` : "";
  return { selector: field === story ? parent : parent + own, start: field.selectionStart, end: field.selectionEnd };
}

export function restoreFocus(place) {
  const field = place && place.selector.trim() && document.querySelector(place.selector);
  if (!field) return;
  field.focus({ preventScroll: true });
  if (field.setSelectionRange && typeof place.start === "number") field.setSelectionRange(place.start, place.end);
}
