// Holds the state that modules share.

/**
 * What the page shows: the `edition` and the `revision` that was loaded, the `reader` or else the `segment` whose email
 * it is, `edits` (the id of unsaved edits in it, or empty), and the `pane` on a narrow screen.
 */
export const shown = document.body.dataset;

export const draft = {
  /** The form, with its version, as it was when editing began; null without a draft. */
  base: null,
  /** The newest version by somebody else that this editor has been informed of. */
  knownVersion: "",
  isSaving: false,
  /** The story that is being dragged, or null. */
  dragged: null,
};
