// Asks the editor a question above the buttons, and waits for an answer without blocking the page.
import { byId } from "./dom.js";

/** Asks with a list of details and buttons to answer with. */
export function askQuestion(text, details, buttons) {
  const list = document.createElement("ul");
  list.append(...details.map((detail) => Object.assign(document.createElement("li"), { textContent: detail })));
  byId("conflict").replaceChildren(Object.assign(document.createElement("p"), { textContent: text }), list, ...buttons);
  byId("conflict").hidden = false;
}

export function closeQuestion() {
  byId("conflict").hidden = true;
}
