// Shows results and errors in the message line.
import { byId } from "./dom.js";

const SECONDS_SHOWN = 8;

const KEPT = "Your unsaved changes are kept in this browser, for this address.";
export const DESK_CLOSED = `The desk is not running: run \`digest preview --serve\` again. ${KEPT}`;
export const DESK_RESTARTED = `The desk was restarted: open the address its terminal shows. ${KEPT}`;

let timer = 0;

/** Shows a message. An error stays until it is cleared; anything else disappears after a few seconds. */
export function showMessage(text, isError = false) {
  clearTimeout(timer);
  byId("message").textContent = text;
  byId("message").classList.toggle("bad", isError);
  if (text && !isError) timer = setTimeout(() => showMessage(""), SECONDS_SHOWN * 1000);
}

/** Shows the result of a request. Returns whether the request succeeded. */
export function showResult(result) {
  if (!result.ok) showMessage(result.error, true);
  else showMessage([result.message, ...(result.problems || [])].join(" "), result.failed);
  return result.ok;
}

const isAboutConnection = () => [DESK_CLOSED, DESK_RESTARTED].includes(byId("message").textContent);

/** Clears an error that no longer applies. One about the connection, or one beside an open question, stays. */
export function clearError() {
  const isError = byId("message").classList.contains("bad");
  if (isError && !isAboutConnection() && byId("question").hidden) showMessage("");
}

/** Clears an error about the connection, once the desk answers again. */
export function clearConnectionError() {
  if (isAboutConnection()) showMessage("");
}
