// What the other buttons do: make a draft, add to it, read the sources, approve, send a test.
import { post } from "./api.js";
import { byId } from "./dom.js";
import { isDirty } from "./form.js";
import { showMessage, showResult } from "./messages.js";
import { refresh } from "./refresh.js";
import { shown } from "./state.js";

async function postAndRefresh(path, form) {
  if (showResult(await post(path, form))) refresh();
}

async function makeDraft({ add }) {
  if (isDirty()) return showMessage("Save first.", true);
  await postAndRefresh("/draft", { add });
}

async function readSources() {
  showMessage("Reading…");
  await postAndRefresh("/sources", {});
}

async function approve() {
  if (isDirty()) return showMessage("Save first: what is approved is what is in the file.", true);
  await postAndRefresh("/approve", { by: byId("by").value, version: byId("draft").dataset.version });
}

async function sendTest() {
  if (isDirty()) return showMessage("Save first: the test is of what is in the file.", true);
  showMessage("Sending…");
  showResult(await post("/test", { to: byId("to").value, reader: shown.reader, segment: shown.segment }));
}

const ON_CLICK = { make: () => makeDraft({ add: false }), add: () => makeDraft({ add: true }), reread: readSources };
const ON_SUBMIT = { approve, test: sendTest };

export function init() {
  document.addEventListener("click", ({ target }) => { if (target.id in ON_CLICK) ON_CLICK[target.id](); });
  document.addEventListener("submit", (event) => {
    if (!(event.target.id in ON_SUBMIT)) return;
    event.preventDefault();
    ON_SUBMIT[event.target.id]();
  });
}
