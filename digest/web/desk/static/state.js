// The state that modules share.

/** What the page shows: `edition`, `stamp` of what was loaded, `reader` or `segment`, `trial` of unsaved edits, `pane`. */
export const shown = document.body.dataset;

export const draft = {
  /** The form, with its version, as it was when editing began; null without a draft. */
  base: null,
  /** The newest version by somebody else that the editor knows of. */
  knownVersion: "",
  isSaving: false,
  /** The story that is being dragged, or null. */
  dragged: null,
};
