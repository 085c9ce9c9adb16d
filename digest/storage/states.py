"""Recipients counted by state, from groups, open claims and exceptions (see `tables`)."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, func, select

from digest.storage.tables import editions, open_claims, recipient_exceptions, recipient_groups


def count_by_state(connection: Connection, edition: str) -> dict[str, int]:
    """Return how many recipients of an edition are in each state; states without any are left out."""
    pruned = connection.scalar(select(editions.c.counts).where(editions.c.id == edition))
    if pruned is not None:
        return dict(pruned)
    groups = recipient_groups.c
    claimed = left = skipped = 0
    for row in connection.execute(
        select(groups.size, groups.claimed, groups.skipped).where(groups.edition == edition)
    ).all():
        claimed += row.claimed
        if row.skipped is None:
            left += row.size - row.claimed
        else:
            skipped += row.size - row.claimed
    sending = connection.scalar(select(func.sum(open_claims.c.sending)).where(open_claims.c.edition == edition)) or 0
    exceptions = connection.execute(
        select(recipient_exceptions.c.state, func.count())
        .where(recipient_exceptions.c.edition == edition)
        .group_by(recipient_exceptions.c.state)
    ).all()
    counts = {row[0]: row[1] for row in exceptions}
    counts["accepted"] = counts.get("accepted", 0) + claimed - sending - sum(row[1] for row in exceptions)
    counts["pending"] = counts.get("pending", 0) + left
    counts["skipped"] = counts.get("skipped", 0) + skipped
    counts["sending"] = counts.get("sending", 0) + sending
    return {state: count for state, count in counts.items() if count}


def was_reached() -> ColumnElement[bool]:
    """Return the condition, on `editions`, that somebody got an open edition or may have got it."""
    theirs = recipient_exceptions.c.edition == editions.c.id
    claimed = select(func.coalesce(func.sum(recipient_groups.c.claimed), 0)).where(
        recipient_groups.c.edition == editions.c.id
    )
    sending = select(func.coalesce(func.sum(open_claims.c.sending), 0)).where(open_claims.c.edition == editions.c.id)
    unreached = select(func.count()).where(theirs, recipient_exceptions.c.state.not_in(("accepted", "in_doubt")))
    return claimed.scalar_subquery() - sending.scalar_subquery() - unreached.scalar_subquery() > 0


def is_stopping(connection: Connection, edition: str) -> bool:
    """Return whether somebody requested that an edition stop, and it is not closed yet."""
    return connection.scalar(select(editions.c.state).where(editions.c.id == edition)) == "stopping"
