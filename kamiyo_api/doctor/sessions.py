"""What other sessions of PostgreSQL are doing: long and idle transactions, waiting for locks."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.findings import Finding, check, graded, ok
from kamiyo_api.doctor.parts import Parts
from kamiyo_api.doctor.wording import begun, span

# From when on a long transaction is more than a nuisance, in times of what counts as long.
FAR_TOO_LONG = 15
WAIT_WARNING = 1
WAIT_FAILING = 30


@check("database", "While it runs, vacuum can clear nothing, and what it locked stays locked.")
def long_transactions(parts: Parts) -> Finding:
    """Transactions that work for too long."""
    return judged([row for row in transactions(parts) if not row["is_idle"]], parts)


@check("database", "It holds its locks and a connection, and does nothing with them.")
def idle_in_transaction(parts: Parts) -> Finding:
    """Transactions that somebody opened and forgot."""
    return judged([row for row in transactions(parts) if row["is_idle"]], parts)


def transactions(parts: Parts) -> list[db.Row]:
    """Transactions of others that are long, oldest first."""
    return db.rows("doctor.list_transactions", seconds=parts.long_seconds)


def judged(found: list[db.Row], parts: Parts) -> Finding:
    """What long transactions mean; the oldest one is the one to end."""
    if not found:
        return ok(f"none longer than {span(parts.long_seconds)}")
    oldest = found[0]
    who = oldest["application_name"] or oldest["user_name"] or "somebody"
    figure = (
        f"{len(found)}, the oldest for {span(oldest['seconds'])}: "
        f"pid {oldest['pid']} of {who}: {begun(oldest['query'])}"
    )
    limit = FAR_TOO_LONG * parts.long_seconds
    return graded(oldest["seconds"], 0, limit, figure, commands.end_session(oldest["pid"]))


@check("database", "Who waits for a lock answers nobody; requests give up after their timeout.")
def lock_waits(parts: Parts) -> Finding:
    """Sessions that wait for another one's lock."""
    found = db.rows("doctor.list_lock_waits", seconds=WAIT_WARNING)
    if not found:
        return ok(f"none longer than {WAIT_WARNING} s")
    longest = found[0]
    blocker = next(iter(longest["blockers"]), longest["pid"])
    figure = (
        f"{len(found)}, the longest for {span(longest['seconds'])}: pid {longest['pid']} "
        f"waits for pid {blocker}: {begun(longest['query'])}"
    )
    return graded(longest["seconds"], 0, WAIT_FAILING, figure, commands.end_session(blocker))


CHECKS = (long_transactions, idle_in_transaction, lock_waits)
