// Chooses whose email is shown: a segment from the list, or one reader by name or address.
import { findReaders } from "./api.js";
import { byId } from "./dom.js";
import { clearError, showMessage } from "./messages.js";
import { refresh } from "./refresh.js";

const SEARCH_DELAY = 150; // milliseconds after the last key

let timer = 0;

function chooseFromList(value) {
  return value.includes("@") ? showReader(value) : refresh({ reader: "", segment: value });
}

function showReader(email) {
  return refresh({ reader: email, segment: "" });
}

async function suggestReaders(words) {
  const readers = await findReaders(words);
  byId("found").replaceChildren(...readers.map(({ email, name }) => Object.assign(document.createElement("option"), { value: email, label: name })));
  if (readers.some(({ email }) => email === words)) showReader(words);
}

async function showFirstFound(words) {
  const readers = await findReaders(words);
  if (readers.length) showReader(readers[0].email);
  else showMessage("No reader has that in their name or address.", true);
}

export function init() {
  byId("segment").addEventListener("change", (event) => chooseFromList(event.target.value));
  byId("search").addEventListener("input", (event) => {
    const words = event.target.value;
    if (!words) clearError();
    clearTimeout(timer);
    timer = setTimeout(() => suggestReaders(words), SEARCH_DELAY);
  });
  byId("search").addEventListener("keydown", (event) => { if (event.key === "Enter") showFirstFound(event.target.value); });
}
