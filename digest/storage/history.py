"""One reader's history: every edition, and what became of the reader's copy of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, select

from digest.models import Cadence
from digest.storage.block_reader import Place, find_places
from digest.storage.engine import reading, to_moment
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
            entries = []
            for row in connection.execute(shown.order_by(editions.c.frozen_at.desc(), editions.c.id.desc())).all():
                place = places.get(row.id)
                state, detail, changed_at = _read_state(connection, place, row) if place else ("", "", "")
                entries.append(
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
                )
        return entries


def _read_state(connection: Connection, place: Place, edition: Any) -> tuple[str, str, str]:
    """Return state, detail and time of a recipient; the time is empty if the edition's own holds."""
    groups, exceptions, claims = recipient_groups.c, recipient_exceptions.c, open_claims.c
    exception = and_(
        exceptions.edition == groups.edition,
        exceptions.number == groups.number,
        exceptions.position == place.position,
    )
    claim = and_(
        claims.edition == groups.edition,
        claims.number == groups.number,
        claims.start <= place.position,
        claims.start + claims.span > place.position,
    )
    row = connection.execute(
        select(groups.claimed, groups.skipped, exceptions.state, exceptions.detail, exceptions.changed_at, claims.span)
        .select_from(recipient_groups)
        .outerjoin(recipient_exceptions, exception)
        .outerjoin(open_claims, claim)
        .where(groups.edition == place.edition, groups.number == place.number)
    ).one()
    if row.state is not None:
        return row.state, row.detail, row.changed_at
    if place.position >= row.claimed:
        return ("pending", "", "") if row.skipped is None else ("skipped", row.skipped, "")
    if row.span is not None:
        return "sending", "", ""
    return "accepted", edition.reply or "", ""
