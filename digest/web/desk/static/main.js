// Starts the page: connects each module to the events it handles, then follows the files.
import * as actions from "./actions.js";
import * as controls from "./controls.js";
import * as drag from "./drag.js";
import * as editing from "./editing.js";
import * as findings from "./findings.js";
import { readForm } from "./form.js";
import * as ordering from "./ordering.js";
import * as preview from "./preview.js";
import * as readers from "./readers.js";
import { offerRecovery } from "./recovery.js";
import { watch } from "./refresh.js";
import * as saving from "./saving.js";
import { draft } from "./state.js";

draft.base = readForm(document);
for (const each of [actions, controls, drag, editing, findings, ordering, preview, readers, saving]) each.init();
controls.updateControls();
offerRecovery();
preview.updatePreview();
watch();
