// Handles the other buttons: create a draft, add stories to it, refresh the sources, approve, send a test.
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
  if (isDirty()) return showMessage("Save your changes first.", true);
  await postAndRefresh("/draft", { add });
}

async function readSources() {
  showMessage("Refreshing the sources…");
  await postAndRefresh("/sources", {});
}

async function approve() {
  if (isDirty()) return showMessage("Save your changes first: an approval is for the saved draft.", true);
  await postAndRefresh("/approve", { by: byId("by").value, version: byId("draft").dataset.version });
}

async function sendTest() {
  if (isDirty()) return showMessage("Save your changes first: a test is sent from the saved draft.", true);
  showMessage("Sending…");
  showResult(await post("/test", { to: byId("to").value, reader: shown.reader, segment: shown.segment }));
}

const onClick = {
  make: () => makeDraft({ add: false }),
  add: () => makeDraft({ add: true }),
  "read-sources": readSources,
};
const onSubmit = { approve, test: sendTest };

export function init() {
  document.addEventListener("click", ({ target }) => { if (target.id in onClick) onClick[target.id](); });
  document.addEventListener("submit", (event) => {
    if (!(event.target.id in onSubmit)) return;
    event.preventDefault();
    onSubmit[event.target.id]();
  });
}
