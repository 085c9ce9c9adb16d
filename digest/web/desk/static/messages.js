// The message line: results and errors in one place of the page.
import { byId } from "./dom.js";

const SECONDS_SHOWN = 8;

export const DESK_CLOSED = "The desk was closed: run `digest preview --serve` again. What you wrote is kept in this browser, for this address.";
export const DESK_REOPENED = "The desk was opened anew: open the address that its terminal shows. What you wrote is kept in this browser, for this address.";

let timer = 0;

/** Shows a message. An error stays until it is cleared, anything else disappears by itself. */
export function showMessage(text, isError = false) {
  clearTimeout(timer);
  byId("said").textContent = text;
  byId("said").classList.toggle("bad", isError);
  if (text && !isError) timer = setTimeout(() => showMessage(""), SECONDS_SHOWN * 1000);
}

/** Shows what a request resulted in, and returns whether it succeeded. */
export function showResult(result) {
  if (!result.ok) showMessage(result.error, true);
  else showMessage([result.said, ...(result.problems || [])].join(" "), result.bad);
  return result.ok;
}

const isAboutConnection = () => [DESK_CLOSED, DESK_REOPENED].includes(byId("said").textContent);

/** Clears an error that no longer holds; one about the connection, or beside an open question, still does. */
export function clearError() {
  if (byId("said").classList.contains("bad") && !isAboutConnection() && byId("conflict").hidden) showMessage("");
}

/** Clears an error about the connection, once the desk answers again. */
export function clearConnectionError() {
  if (isAboutConnection()) showMessage("");
}
