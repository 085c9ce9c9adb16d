"""What an import will do to each reader: who is added, what is filled in, and who stays out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from digest.models import Problem, Suppression, SuppressionReason
from digest.subscribers.statuses import suppression_reason


@dataclass(frozen=True, slots=True)
class ImportedSubscriber:
    """A reader as the imported file describes them: its line, their status, and non-empty `values` by our columns."""

    line: int
    status: str
    values: Mapping[str, str]


@dataclass
class ImportPlan:
    """What will happen to the readers of an import, by address.

    `merge`: add them to the list, or fill the empty fields of their row. `opt_out`: they are in the list, and the
    import says that they left; their rows get this status. `suppress`: somebody says that they left, and they are not
    suppressed yet. `opted_out` counts those whom the import says have left; `left_out` explains every other one.
    """

    merge: dict[str, ImportedSubscriber] = field(default_factory=dict)
    opt_out: dict[str, SuppressionReason] = field(default_factory=dict)
    suppress: dict[str, SuppressionReason] = field(default_factory=dict)
    opted_out: int = 0
    left_out: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did to the list: readers added, readers changed, and readers already there and complete."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def plan_import(
    readers: Mapping[str, ImportedSubscriber],
    statuses: Mapping[str, str],
    suppressions: Mapping[str, Suppression],
    problem: Callable[[int, str, str], Problem],
) -> ImportPlan:
    """Decide what happens to each reader. A reader who left, according to anybody, stays out.

    Args:
        readers: The imported readers by address.
        statuses: The status in the list of those who are in it.
        suppressions: Those who are suppressed; an erased reader's Suppression has another address.
        problem: Makes a Problem from a line of the imported file, a message and a hint.
    """
    plan = ImportPlan()
    for email, reader in readers.items():
        status = statuses.get(email, "")
        suppression = suppressions.get(email)
        if reason := suppression_reason(reader.status):
            plan.opted_out += 1
            if not suppression:
                plan.suppress[email] = reason
            if status and not suppression_reason(status):
                plan.opt_out[email] = reason
        elif suppression:
            plan.left_out.append(problem(reader.line, *_explain_suppression(email, suppression)))
        elif reason := suppression_reason(status):
            plan.suppress[email] = reason
            hint = "left out; if they asked to come back, change that status and run `digest unsuppress` for them"
            plan.left_out.append(problem(reader.line, f"{email} is {status} in the list", hint))
        elif status == "unknown":
            hint = "left out; give them a status that digest knows"
            plan.left_out.append(problem(reader.line, f"{email} has an unknown status in the list", hint))
        else:
            plan.merge[email] = reader
    return plan


def _explain_suppression(email: str, suppression: Suppression) -> tuple[str, str]:
    """Return the message and hint for a reader who is suppressed or erased."""
    if suppression.email != email:
        message, wish = f"{email} was erased at their request on {suppression.since:%d %b %Y}", "to subscribe again"
    else:
        message = f"{email} has been suppressed since {suppression.since:%d %b %Y} ({suppression.reason})"
        wish = "to come back"
    return message, f"left out; if they asked {wish}: `digest unsuppress {email}`, then import again"
