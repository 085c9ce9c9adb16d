// Keeps the caret in its place when the form is replaced.

/** Returns where the caret is, in a form that also holds in the new form; null if it is not in the draft. */
export function rememberFocus(field) {
  if (!field || !field.closest("#draft")) return null;
  const own = field.classList.contains("story") ? "" : ownSelector(field);
  return { selector: parentSelector(field) + own, start: field.selectionStart, end: field.selectionEnd };
}

function parentSelector(field) {
  const story = field.closest(".story"), section = field.closest(".section");
  if (story) return `.story[data-id="${CSS.escape(story.dataset.id)}"] `;
  return section ? `.section[data-was="${CSS.escape(section.dataset.was)}"] ` : "";
}

function ownSelector(field) {
  if (field.id) return `#${field.id}`;
  return field.classList.length ? `.${field.classList[0]}` : "";
}

export function restoreFocus(place) {
  const field = place && place.selector.trim() && document.querySelector(place.selector);
  if (!field) return;
  field.focus({ preventScroll: true });
  if (field.setSelectionRange && typeof place.start === "number") field.setSelectionRange(place.start, place.end);
}
