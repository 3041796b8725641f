"""Authentication: look up the API key of a secret in the database, and cache it in the process for
a few seconds."""

from __future__ import annotations

import hashlib
import hmac
import time
from contextlib import suppress
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from kamiyo_api import db, errors, outages
from kamiyo_api.access import rate_limits
from kamiyo_api.access.api_key import ApiKey
from kamiyo_api.cache.bounded import BoundedDict
from kamiyo_api.context import services

# A revoked key can read for this long, in every process; it cannot write.
KNOWN_KEY_SECONDS = 4.0
# While the database is unavailable, a key can read for this long: no answer is cached for longer.
OUTAGE_SECONDS = 300.0
MAX_KNOWN_KEYS = 10_000
READS = frozenset({"GET", "HEAD"})


def hash_of(secret: str) -> str:
    """Return the stored form of a secret: its SHA-256 in lower-case hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_of(environ: WSGIEnvironment) -> str:
    """Return the secret in a request's Authorization header, without white space around it
    (RFC 6750, section 2.1).

    Raises MissingApiKey, or InvalidApiKey if there is white space inside the secret.
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
    """Return the active key with this secret, from the process if it was confirmed within
    KNOWN_KEY_SECONDS, else from the database. While the database is unavailable, a read may use a
    key that was confirmed within OUTAGE_SECONDS, so that cached answers can be returned.

    Raises InvalidApiKey, ExpiredApiKey, Unavailable, and RateLimitExceeded for an IP address that
    sent too many invalid keys.
    """
    digest = hash_of(secret)
    known = services().known_keys
    key = known.get(digest)
    if key is not None:
        return key
    try:
        return look_up(digest)
    except outages.Unavailable:
        key = known.get_while_unavailable(digest) if is_read else None
        if key is None:
            raise
        return key


def cached_key(environ: WSGIEnvironment) -> ApiKey | None:
    """Return the API key of a request if it is cached in this process, else None."""
    try:
        secret = secret_of(environ)
    except errors.Unauthorized:
        return None
    return services().known_keys.get(hash_of(secret))


def look_up(digest: str) -> ApiKey:
    """Return the active key with this hash from the database, and cache it in the process.

    Raises InvalidApiKey, ExpiredApiKey, RateLimitExceeded, Unavailable.
    """
    known = services().known_keys
    confirmed_at = time.monotonic()
    row = db.row("keys.get_by_hash", key=digest) or {}
    refusal = refusal_of(row, digest)
    if refusal is not None:
        known.remove(digest)
        rate_limits.count_invalid_key(refusal.code)
        raise refusal
    if row["is_use_unrecorded"] and db.takes_writes():
        with suppress(outages.Unavailable):
            db.in_transaction(lambda tx: tx.execute("keys.update_last_used", key_id=row["key_id"]))
    key = key_of(row)
    known.put(digest, ConfirmedKey(key, confirmed_at, confirmed_at + row["seconds_left"]))
    return key


def refusal_of(row: db.Row, digest: str) -> errors.Unauthorized | None:
    """Return the error for a row that is not a valid key, or None. The row may be empty. Expiry is
    judged by the clock of the database, because that of this machine may be wrong."""
    if not row or not hmac.compare_digest(row["key"], digest) or row["status"] != "active":
        return errors.InvalidApiKey()
    return errors.ExpiredApiKey() if row["seconds_left"] <= 0 else None


def key_of(row: db.Row) -> ApiKey:
    """Return the key of a row."""
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


class ConfirmedKey(NamedTuple):
    """A valid key, when the database confirmed it, and until when it is valid; both times in
    seconds of the monotonic clock."""

    key: ApiKey
    confirmed_at: float
    valid_until: float

    def within(self, seconds: float) -> ApiKey | None:
        """Return the key if it was confirmed within so many seconds and has not expired."""
        until = min(self.confirmed_at + seconds, self.valid_until)
        return self.key if time.monotonic() < until else None


class KnownKeys:
    """A cache of the keys that this process looked up, so that most requests need no query. It
    holds only valid keys, so that requests with invalid ones cannot evict them."""

    def __init__(
        self, seconds: float = KNOWN_KEY_SECONDS, outage_seconds: float = OUTAGE_SECONDS
    ) -> None:
        self._seconds = seconds
        self._outage_seconds = outage_seconds
        self._keys: BoundedDict[str, ConfirmedKey] = BoundedDict(MAX_KNOWN_KEYS)

    def get(self, digest: str) -> ApiKey | None:
        """Return the key with this hash if it was confirmed within KNOWN_KEY_SECONDS."""
        confirmed = self._keys.get(digest)
        return None if confirmed is None else confirmed.within(self._seconds)

    def get_while_unavailable(self, digest: str) -> ApiKey | None:
        """Return the key with this hash, for a read while the database is unavailable."""
        confirmed = self._keys.get(digest)
        return None if confirmed is None else confirmed.within(self._outage_seconds)

    def remove(self, digest: str) -> None:
        """Remove a key that was revoked, has expired, or has changed its rights."""
        self._keys.pop(digest, None)

    def put(self, digest: str, confirmed: ConfirmedKey) -> None:
        """Cache a key."""
        self._keys.put(digest, confirmed)
