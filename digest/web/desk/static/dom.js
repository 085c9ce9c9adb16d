// Finds, makes and replaces elements of the page.

export const byId = (id) => document.getElementById(id);

export const storyById = (id) => document.querySelector(`.story[data-id="${CSS.escape(id)}"]`);

/** Replaces the element with this id by the one of a page that was just fetched. */
export function replaceFrom(page, id) {
  byId(id).replaceWith(document.adoptNode(page.getElementById(id)));
}

export function createButton(text, onClick) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  button.addEventListener("click", onClick);
  return button;
}

/** Shows which button of a group is chosen. */
export function markPressed(groupId, value) {
  for (const button of byId(groupId).querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === value));
}
