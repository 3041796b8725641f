"""Which API key a secret is, looked up in the database and known for a few seconds."""

from __future__ import annotations

import hashlib
import hmac
import time
from contextlib import suppress
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from kamiyo_api import db, errors
from kamiyo_api.access import rate_limits
from kamiyo_api.access.api_key import ApiKey
from kamiyo_api.cache.bounded import BoundedDict
from kamiyo_api.context import services

# A revoked key reads no longer than this in every process; it writes nothing.
KNOWN_SECONDS = 4.0
# No answer is cached for longer, so what a key may read while the database is away ends, too.
OUTAGE_SECONDS = 300.0
KNOWN_AT_MOST = 10_000
READS = frozenset({"GET", "HEAD"})


def hash_of(secret: str) -> str:
    """Return what is stored of a secret: its SHA-256 in lower-case hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_of(environ: WSGIEnvironment) -> str:
    """Return the secret in a request's Authorization header, without white space around it.

    Raises MissingApiKey, or InvalidApiKey if white space stands inside.
    """
    header: str = environ.get("HTTP_AUTHORIZATION", "")
    scheme, _, rest = header.strip().partition(" ")
    secret = rest.strip()
    if scheme.lower() != "bearer" or not secret:
        raise errors.MissingApiKey
    if len(secret.split()) > 1:
        raise errors.InvalidApiKey(
            "Invalid API key: there is white space inside it; copy the key again in one piece."
        )
    return secret


def find_key(secret: str, *, is_read: bool) -> ApiKey:
    """Return the active key with this secret, known for a few seconds; while the database is
    away a read takes what was confirmed a few minutes ago, as what is cached can be answered.

    Raises InvalidApiKey, ExpiredApiKey, RateLimitExceeded for an address that sends too many of
    these, and Unavailable.
    """
    digest = hash_of(secret)
    known = services().known_keys
    key = known.get(digest)
    if key is not None:
        return key
    try:
        return look_up(digest)
    except errors.Unavailable:
        key = known.get_in_outage(digest) if is_read else None
        if key is None:
            raise
        return key


def cached_key(environ: WSGIEnvironment) -> ApiKey | None:
    """Return the key that a request was sent with, if this process knows it already."""
    try:
        secret = secret_of(environ)
    except errors.Unauthorized:
        return None
    return services().known_keys.get(hash_of(secret))


def look_up(digest: str) -> ApiKey:
    """Return the active key with this hash from the database; it is known from now on.

    Raises InvalidApiKey, ExpiredApiKey, RateLimitExceeded.
    """
    known = services().known_keys
    asked = time.monotonic()
    row = db.row("keys.get_by_hash", key=digest) or {}
    refusal = refusal_of(row, digest)
    if refusal is not None:
        known.forget(digest)
        rate_limits.count_failure(refusal.code)
        raise refusal
    if row["is_use_unrecorded"] and db.takes_writes():
        with suppress(errors.Unavailable):
            db.in_transaction(lambda tx: tx.execute("keys.update_last_used", key_id=row["key_id"]))
    key = key_of(row)
    known.put(digest, Confirmed(key, asked, asked + row["seconds_left"]))
    return key


def refusal_of(row: db.Row, digest: str) -> errors.Unauthorized | None:
    """Return why a row, which may be empty, is no key that can be used; by the clock of the
    database, as that of this machine may be wrong."""
    if not row or not hmac.compare_digest(row["key"], digest) or row["status"] != "active":
        return errors.InvalidApiKey()
    return errors.ExpiredApiKey() if row["seconds_left"] <= 0 else None


def key_of(row: db.Row) -> ApiKey:
    """Return the key that a row holds."""
    return ApiKey(
        key_id=row["key_id"],
        family_id=row["family_id"],
        key_prefix=row["key_prefix"],
        name=row["name"],
        tier=row["tier"],
        scopes=frozenset(row["scopes"]),
        wallet_address=row["wallet_address"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


class Confirmed(NamedTuple):
    """A key that the database knew, when it was asked, and when the key ends; by the clock that
    nobody sets."""

    key: ApiKey
    asked: float
    ends: float

    def within(self, seconds: float) -> ApiKey | None:
        """Return the key, unless it was confirmed longer ago or has ended."""
        return self.key if time.monotonic() < min(self.asked + seconds, self.ends) else None


class KnownKeys:
    """The keys that this process looked up lately, so that most requests need no query; only
    right ones, so that nobody can make it forget them."""

    def __init__(
        self, seconds: float = KNOWN_SECONDS, outage_seconds: float = OUTAGE_SECONDS
    ) -> None:
        self._seconds = seconds
        self._outage_seconds = outage_seconds
        self._keys: BoundedDict[str, Confirmed] = BoundedDict(KNOWN_AT_MOST)

    def get(self, digest: str) -> ApiKey | None:
        """Return the key with this hash, if it was confirmed a moment ago."""
        confirmed = self._keys.get(digest)
        return None if confirmed is None else confirmed.within(self._seconds)

    def get_in_outage(self, digest: str) -> ApiKey | None:
        """Return the key with this hash, for a read while the database is away."""
        confirmed = self._keys.get(digest)
        return None if confirmed is None else confirmed.within(self._outage_seconds)

    def forget(self, digest: str) -> None:
        """Forget a key that turned out to be revoked, to have ended, or to be another."""
        self._keys.pop(digest, None)

    def put(self, digest: str, confirmed: Confirmed) -> None:
        """Remember a key."""
        self._keys.note(digest, confirmed)
