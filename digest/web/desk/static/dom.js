// Finds, creates and replaces elements of the page.

export const byId = (id) => document.getElementById(id);

export const storyById = (id) => document.querySelector(`.story[data-id="${CSS.escape(id)}"]`);

/** Replaces the element with this id by its counterpart in a page that was just fetched. */
export function replaceFrom(page, id) {
  byId(id).replaceWith(document.adoptNode(page.getElementById(id)));
}

export function createElement(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

export function createButton(text, onClick) {
  const button = createElement("button", { type: "button", textContent: text });
  button.addEventListener("click", onClick);
  return button;
}

/** Shows which button of a group is chosen. */
export function markPressed(groupId, value) {
  for (const button of byId(groupId).querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === value));
  }
}
