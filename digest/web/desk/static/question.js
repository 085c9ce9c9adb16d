// Asks the editor a question above the buttons, without blocking the page.
import { byId, createElement } from "./dom.js";

/** Shows a question with a list of details and the buttons that answer it. */
export function askQuestion(text, details, buttons) {
  const list = createElement("ul");
  list.append(...details.map((detail) => createElement("li", { textContent: detail })));
  byId("question").replaceChildren(createElement("p", { textContent: text }), list, ...buttons);
  byId("question").hidden = false;
}

export function closeQuestion() {
  byId("question").hidden = true;
}
