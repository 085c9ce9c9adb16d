"""One reader's history: every edition, and what became of the reader's copy of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, tuple_

from digest.models import Cadence
from digest.storage.block_reader import Place, find_places
from digest.storage.engine import batched, reading, to_moment
from digest.storage.pseudonyms import make_pseudonym
from digest.storage.tables import editions, open_claims, recipient_exceptions, recipient_groups


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One edition as one reader saw it: their `state` since `changed_at`, and the server's words or the reason.

    `state` is empty if the reader was not among the recipients. `has_segment` is whether readers with the same choices
    were, and `is_pruned` whether the recipients are not known any more.
    """

    edition: str
    cadence: Cadence
    subject: str
    state: str
    detail: str
    changed_at: datetime
    has_segment: bool
    is_pruned: bool

    @property
    def day(self) -> date:
        """The date of the edition."""
        return date.fromisoformat(self.edition.removesuffix(f"-{self.cadence}"))


class History:
    """What the ledger knows of one reader."""

    def __init__(self, engine: Engine, secret: str) -> None:
        self._engine = engine
        self._secret = secret

    def read(self, email: str, segment: str) -> list[HistoryEntry]:
        """Return every edition, newest first; `segment` is the key of the one that the reader's choices put them in."""
        names = [email, *([make_pseudonym(email, self._secret)] if self._secret else [])]
        groups = recipient_groups.c
        with reading(self._engine) as connection:
            places = {place.edition: place for name in names for place in find_places(connection, name)}
            with_segment = set(connection.scalars(select(groups.edition).where(groups.segment == segment).distinct()))
            shown = select(editions).where(editions.c.state != "freezing")
            rows = connection.execute(shown.order_by(editions.c.frozen_at.desc(), editions.c.id.desc())).all()
            states = _read_states(connection, list(places.values()), {row.id: row.reply for row in rows})
        return [
            HistoryEntry(
                edition=row.id,
                cadence=row.cadence,
                subject=row.subject,
                state=state,
                detail=detail,
                changed_at=to_moment(changed_at or row.finished_at or row.frozen_at),
                has_segment=row.id in with_segment,
                is_pruned=row.counts is not None,
            )
            for row in rows
            for state, detail, changed_at in (states.get(row.id, ("", "", "")),)
        ]


def _read_states(
    connection: Connection, places: Sequence[Place], replies: Mapping[str, str | None]
) -> dict[str, tuple[str, str, str]]:
    """Return state, detail and time at each place, by edition; the time is empty if the edition's own holds."""
    group_of: dict[tuple[str, int], Any] = {}
    exception_of: dict[tuple[str, int, int], Any] = {}
    groups, exceptions = recipient_groups.c, recipient_exceptions.c
    for chunk in batched(places):
        numbers = [(place.edition, place.number) for place in chunk]
        query = select(recipient_groups).where(tuple_(groups.edition, groups.number).in_(numbers))
        group_of.update({(row.edition, row.number): row for row in connection.execute(query)})
        positions = [(place.edition, place.number, place.position) for place in chunk]
        key = tuple_(exceptions.edition, exceptions.number, exceptions.position)
        for row in connection.execute(select(recipient_exceptions).where(key.in_(positions))):
            exception_of[row.edition, row.number, row.position] = row
    claims = connection.execute(select(open_claims)).all()  # few: what is on its way now
    found = {}
    for place in places:
        group = group_of[place.edition, place.number]
        if exception := exception_of.get((place.edition, place.number, place.position)):
            found[place.edition] = exception.state, exception.detail, exception.changed_at
        elif place.position >= group.claimed:
            found[place.edition] = ("pending", "", "") if group.skipped is None else ("skipped", group.skipped, "")
        elif any(_is_in(claim, place) for claim in claims):
            found[place.edition] = "sending", "", ""
        else:
            found[place.edition] = "accepted", replies.get(place.edition) or "", ""
    return found


def _is_in(claim: Any, place: Place) -> bool:
    is_its_group = (claim.edition, claim.number) == (place.edition, place.number)
    return is_its_group and claim.start <= place.position < claim.start + claim.span
