"""What the desk's buttons do. Each action takes a form and returns a result for the page to show."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from digest.editions import approve, draft
from digest.errors import DraftError, UsageError
from digest.models import Outcome, Problem
from digest.sending.send_run import SendRun
from digest.sending.test_send import send_test
from digest.web.desk.edition_state import EditionState
from digest.web.desk.forms import ApproveForm, DraftForm, EmptyForm, MakeForm, TestForm
from digest.web.desk.session import EditorSession
from digest.web.desk.unsaved_edits import UnsavedEdits


class Result(msgspec.Struct):
    """A message for the editor, and `problems` to show after it; `failed` if the action did not succeed."""

    message: str
    problems: list[str] = []
    failed: bool = False


class Saved(Result):
    """The result of a save: also the draft's new version."""

    version: str = ""


class PreviewedEdits(msgspec.Struct):
    """The id under which unsaved edits can be previewed."""

    edits: str


class Actions:
    """The actions on the edition of a session. They block, so run them in threads; errors are DigestErrors."""

    def __init__(self, session: EditorSession, unsaved: UnsavedEdits) -> None:
        self._session = session
        self._unsaved = unsaved

    def preview_edits(self, form: DraftForm) -> PreviewedEdits:
        """Prepare a preview of what an editor is typing, without writing anything."""
        edits = form.edits()
        self._session.require_current(form.edition)
        self._session.preview(form.reader, form.segment, edits)  # fails here if the edits cannot be rendered
        return PreviewedEdits(self._unsaved.add(form.edition, edits))

    def refresh_sources(self, _form: EmptyForm) -> Result:
        """Fetch the sources again."""
        self._session.refresh_sources()
        return Result("Sources refreshed.")

    def make_draft(self, form: MakeForm) -> Result:
        """Create the draft, or add the stories that have arrived since it was made."""
        state, cadence = self._session.require_current(form.edition), self._session.cadence
        made = draft.make_draft(state.config, cadence, self._now(state), self._session.day, add=form.add)
        if not made.file.exists():
            raise DraftError(made.note)
        return Result(f"{made.file.name}: {made.note.partition(';')[0].rstrip(':')}.")

    def save(self, form: DraftForm) -> Saved:
        """Write the editor's changes into the draft their page shows, even if another day has begun since."""
        if not re.fullmatch(rf"\d{{4}}-\d\d-\d\d-{self._session.cadence}", form.edition):
            raise UsageError(f"{form.edition} is not an edition of this desk")
        saved = draft.save_draft(self._session.state().config, form.edition, form.edits(), form.version)
        return Saved(f"Saved to {saved.file.name}.", version=saved.revision)

    def approve(self, form: ApproveForm) -> Result:
        """Approve the version of the draft that the editor's page shows, and no other."""
        state, cadence, by = self._session.require_current(form.edition), self._session.cadence, form.by.strip()
        if not by:
            raise UsageError("an approval needs a name", hint="enter yours beside the button")
        approve.approve(state.config, cadence, self._now(state), by, self._session.day, revision=form.version)
        return Result(f"Approved by {by}.")

    def send_test(self, form: TestForm) -> Result:
        """Send a test of the edition as it is on disk."""
        to = form.to.strip()
        if not re.fullmatch(r"[^\s@]+@[^\s@]+", to):
            raise UsageError("a test needs an email address", hint="enter one such as you@example.com")
        state = self._session.require_current(form.edition)
        problems: list[Problem] = []
        run = SendRun(
            config=state.config,
            cadence=self._session.cadence,
            now=self._now(state),
            clock=lambda: datetime.now(UTC),
            report_problem=problems.append,
        )
        reader = form.reader or state.readers.example_of(form.segment, state.config)
        report = send_test(run, [to], reader, self._session.day)
        is_sent = bool(report.outcomes[Outcome.ACCEPTED])
        message = f"Test sent to {to}." if is_sent else f"The test was not sent: {report}"
        return Result(message, [problem.message for problem in problems], failed=not is_sent)

    def _now(self, state: EditionState) -> datetime:
        return self._session.now(state.config)
