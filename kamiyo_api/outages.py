"""The errors of a service that cannot do its work now: all are 503, with Retry-After."""

from __future__ import annotations

from typing import ClassVar

from kamiyo_api.errors import ApiError


class Unavailable(ApiError):
    """The service cannot answer now; try again after the time in Retry-After."""

    status = 503
    retry_after: ClassVar[int] = 1

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(self.retry_after)})


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached; try again after the time in Retry-After."""

    code, title = "DATABASE_UNAVAILABLE", "Database unavailable"


class DatabaseSilent(DatabaseUnavailable):
    """The database does not answer; try again after the time in Retry-After."""


class DatabaseUnwritable(Unavailable):
    """The database accepts no writes."""

    retry_after = 10
    reason: ClassVar[str]
    """The reason, as /health and the log show it."""


class DatabaseFull(DatabaseUnwritable):
    """The disk of the database is full: it can be read, but nothing new is stored until the
    operator frees space; try again after the time in Retry-After."""

    code, title = "DATABASE_FULL", "Database full"
    reason = "the disk is full"


class DatabaseReadOnly(DatabaseUnwritable):
    """The database is read-only for now: it can be read, but accepts no writes; try again after the
    time in Retry-After."""

    code, title = "DATABASE_READ_ONLY", "Database read-only"
    reason = "the server is read-only"


class DatabaseBusy(Unavailable):
    """The database is too busy to answer in time; try again after the time in Retry-After."""

    code, title = "DATABASE_BUSY", "Database busy"


class TransactionFailed(Unavailable):
    """The write collided with others and nothing of it was kept; send it again after the
    time in Retry-After."""

    code, title = "TRANSACTION_FAILED", "Transaction failed"


class CommitUnknown(TransactionFailed):
    """The connection was lost during the commit, so the write may have been kept; send it
    again with the same Idempotency-Key, or read before you write again."""


class KeyChanged(TransactionFailed):
    """The API key was changed during the write, and nothing of the write was kept; send it again
    after the time in Retry-After."""


def first_cause(error: BaseException) -> str:
    """Return the message of the first error of a chain, in one line."""
    return " ".join(str(first_of(error)).split())


def first_of(error: BaseException) -> BaseException:
    """Return the first error of a chain of causes; an error handled meanwhile is no cause."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
