// Chooses whose email is shown: a segment's from the list, or one reader's by name or email address.
import { findReaders } from "./api.js";
import { byId, createElement } from "./dom.js";
import { clearError, showMessage } from "./messages.js";
import { refresh } from "./refresh.js";

const SEARCH_DELAY = 150; // milliseconds after the last key

let timer = 0;

const showReader = (email) => refresh({ reader: email, segment: "" });
const showSegment = (key) => refresh({ reader: "", segment: key });

async function suggestReaders(words) {
  const readers = await findReaders(words);
  const options = readers.map(({ email, name }) => createElement("option", { value: email, label: name }));
  byId("suggestions").replaceChildren(...options);
  if (readers.some(({ email }) => email === words)) showReader(words);
}

async function showFirstMatch(words) {
  const readers = await findReaders(words);
  if (readers.length) showReader(readers[0].email);
  else showMessage("No reader's name or email address matches.", true);
}

export function init() {
  byId("segment").addEventListener("change", ({ target }) => {
    if (target.value.includes("@")) showReader(target.value);
    else showSegment(target.value);
  });
  byId("search").addEventListener("input", ({ target }) => {
    if (!target.value) clearError();
    clearTimeout(timer);
    timer = setTimeout(() => suggestReaders(target.value), SEARCH_DELAY);
  });
  byId("search").addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter") showFirstMatch(target.value);
  });
}
