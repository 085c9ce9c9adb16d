// Sends requests to the desk's server.
import { DESK_CLOSED, DESK_RESTARTED } from "./messages.js";
import { shown } from "./state.js";

const FORBIDDEN = 403; // this browser's token is from before a restart

function viewQuery(more = {}) {
  const { reader, segment, edits } = shown;
  return new URLSearchParams({ reader, segment, edits, ...more });
}

/** The URL of the email as the chosen reader gets it. */
export const mailUrl = (options) => "/mail?" + viewQuery(options);

/** Returns the email's plain text ("text") or its HTML source ("source"). */
export async function fetchMailPart(part) {
  const response = await fetch(mailUrl({ part }));
  return response.text();
}

/** Returns the desk's page, parsed. Throws an Error with the server's explanation if there is none. */
export async function fetchPage(edits = shown.edits) {
  const response = await fetch("/?" + viewQuery({ edits }));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return new DOMParser().parseFromString(text, "text/html");
}

/** Returns the current revision of what the page shows, or null if the desk no longer accepts this browser's token. */
export async function fetchRevision() {
  const response = await fetch("/revision");
  return response.status === FORBIDDEN ? null : (await response.json()).revision;
}

/** Returns readers whose name or email address contains the words. */
export async function findReaders(words) {
  const response = await fetch("/readers?" + new URLSearchParams({ q: words }));
  return response.json();
}

/** Posts a form. Returns the answer with `ok`, `status` and, if it failed, `error`; never throws. */
export async function post(path, form) {
  const body = JSON.stringify({ edition: shown.edition, ...form });
  let response, answer;
  try {
    response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    answer = await response.json();
  } catch {
    answer = { error: explainFailure(response) };
  }
  return { ok: Boolean(response && response.ok), status: response ? response.status : 0, ...answer };
}

function explainFailure(response) {
  if (!response) return DESK_CLOSED;
  return response.status === FORBIDDEN ? DESK_RESTARTED : "The desk failed. Its terminal shows the reason.";
}
