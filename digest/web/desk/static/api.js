// Requests to the desk's server.
import { DESK_CLOSED, DESK_REOPENED } from "./messages.js";
import { shown } from "./state.js";

const viewQuery = (more = {}) => new URLSearchParams({ reader: shown.reader, segment: shown.segment, trial: shown.trial, ...more });

/** The address of the email as the chosen reader gets it. */
export const mailUrl = (options) => "/mail?" + viewQuery(options);

/** The email's plain text or its source. */
export async function fetchMailPart(part) {
  const response = await fetch(mailUrl({ part }));
  return response.text();
}

/** The desk's page, parsed. Throws an Error with the server's words if there is none. */
export async function fetchPage(trial = shown.trial) {
  const response = await fetch("/?" + viewQuery({ trial }));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return new DOMParser().parseFromString(text, "text/html");
}

/** The stamp of what the page would show now; null if this browser's token is not valid any more. */
export async function fetchStamp() {
  const response = await fetch("/stamp");
  return response.status === 403 ? null : (await response.json()).stamp;
}

/** Readers whose name or address contains the words. */
export async function findReaders(words) {
  const response = await fetch("/readers?" + new URLSearchParams({ q: words }));
  return response.json();
}

/** Posts a form. Returns the answer with `ok`, `status` and, where it failed, `error`; never throws. */
export async function post(path, form) {
  let response, answer;
  try {
    response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ edition: shown.edition, ...form }) });
    answer = await response.json();
  } catch {
    answer = { error: explainFailure(response) };
  }
  return { ok: Boolean(response && response.ok), status: response ? response.status : 0, ...answer };
}

function explainFailure(response) {
  if (!response) return DESK_CLOSED;
  return response.status === 403 ? DESK_REOPENED : "The desk failed; its terminal says why.";
}
