"""Other sessions of PostgreSQL: long and idle transactions, waits for locks."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import Finding, check, graded, ok
from kamiyo_api.doctor.wording import beginning, span

# A transaction fails the check if it is this many times longer than a long one.
FAR_TOO_LONG = 15
WAIT_WARNING = 1
WAIT_FAILING = 30


@check("database", "While it runs, vacuum can remove no dead rows, and its locks are held.")
def long_transactions(components: Components) -> Finding:
    """Check for transactions that run for too long."""
    return judge([row for row in transactions(components) if not row["is_idle"]], components)


@check("database", "It holds its locks and a connection without using them.")
def idle_in_transaction(components: Components) -> Finding:
    """Check for idle open transactions."""
    return judge([row for row in transactions(components) if row["is_idle"]], components)


def transactions(components: Components) -> list[db.Row]:
    """Return the long transactions of other sessions, oldest first."""
    return db.rows("doctor.list_transactions", seconds=components.long_seconds)


def judge(found: list[db.Row], components: Components) -> Finding:
    """Return the finding for long transactions; the fix ends the oldest one."""
    if not found:
        return ok(f"none longer than {span(components.long_seconds)}")
    oldest = found[0]
    who = oldest["application_name"] or oldest["user_name"] or "somebody"
    figure = (
        f"{len(found)}, the oldest for {span(oldest['seconds'])}: "
        f"pid {oldest['pid']} of {who}: {beginning(oldest['query'])}"
    )
    limit = FAR_TOO_LONG * components.long_seconds
    return graded(oldest["seconds"], 0, limit, figure, commands.end_session(oldest["pid"]))


@check("database", "A request that waits for a lock is not answered, and fails after its timeout.")
def lock_waits(components: Components) -> Finding:
    """Check for sessions that wait for a lock of another one."""
    found = db.rows("doctor.list_lock_waits", seconds=WAIT_WARNING)
    if not found:
        return ok(f"none longer than {WAIT_WARNING} s")
    longest = found[0]
    blocker = next(iter(longest["blockers"]), longest["pid"])
    figure = (
        f"{len(found)}, the longest for {span(longest['seconds'])}: pid {longest['pid']} "
        f"waits for pid {blocker}: {beginning(longest['query'])}"
    )
    return graded(longest["seconds"], 0, WAIT_FAILING, figure, commands.end_session(blocker))


CHECKS = (long_transactions, idle_in_transaction, lock_waits)
