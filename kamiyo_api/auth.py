"""API keys: who calls, and what they may do."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from wsgiref.types import WSGIEnvironment

from flask import Flask, Request, current_app, g

from kamiyo_api import db, errors, limits
from kamiyo_api.bounded import Bounded
from kamiyo_api.config import Config
from kamiyo_api.present import extension, notes, present

# A revoked key reads no longer than this in every process; it writes nothing.
REMEMBERED_SECONDS = 4.0
# No answer is cached for longer, so what a key may read while the database is away ends, too.
OUTAGE_SECONDS = 300.0
REMEMBERED_AT_MOST = 10_000
READS = frozenset({"GET", "HEAD"})

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class ApiKey:
    """A key that authenticated the present request."""

    key_id: str
    family_id: str
    key_prefix: str
    name: str
    tier: str
    scopes: frozenset[str]
    wallet_address: str | None
    created_at: dt.datetime
    expires_at: dt.datetime | None

    def has(self, scope: str) -> bool:
        """Whether the key may do what the scope stands for; admin may do all."""
        return scope in self.scopes or "admin" in self.scopes

    @property
    def confirmation(self) -> db.Confirmation:
        """What the database has to confirm before it writes anything with the key."""
        return {
            "confirmed_key_id": self.key_id,
            "known_scopes": sorted(self.scopes),
            "known_wallet_address": self.wallet_address,
            "known_tier": self.tier,
        }

    def acts_for(self, address: str) -> bool:
        """Whether the key may write as this wallet."""
        return "admin" in self.scopes or self.wallet_address == address


def requires(scope: str) -> Callable[[View], View]:
    """Let a view be called only with a key that has the scope; "any" takes every key."""

    def mark(view: View) -> View:
        view.scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Let a view be called without a key."""
    view.scope = None  # type: ignore[attr-defined]
    return view


def act_for(address: str, refusal: type[errors.Forbidden]) -> None:
    """Refuse, with the given error, to write as a wallet that is not the key's."""
    if not g.api_key.acts_for(address):
        raise refusal


def hash_of(secret: str) -> str:
    """What is stored of a secret: its SHA-256 in lower-case hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def secret_of(environ: WSGIEnvironment) -> str:
    """The secret in a request's Authorization header, without white space around it.

    Raises MissingApiKey, or InvalidApiKey where white space stands inside.
    """
    scheme, _, rest = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    secret = rest.strip()
    if scheme.lower() != "bearer" or not secret:
        raise errors.MissingApiKey
    if len(secret.split()) > 1:
        raise errors.InvalidApiKey(
            "Invalid API key: there is white space inside it; copy the key again in one piece."
        )
    return secret


def find_key(secret: str, *, is_read: bool) -> ApiKey:
    """The active key with this secret, remembered for a few seconds; while the database is away
    a read takes what was confirmed a few minutes ago, as what is cached can be answered.

    Raises InvalidApiKey, ExpiredApiKey, RateLimitExceeded for an address that sends too many of
    these, and Unavailable.
    """
    digest = hash_of(secret)
    remembered: Remembered = extension("keys.remembered")
    key = remembered.get(digest)
    if key is not None:
        return key
    try:
        return look_up(digest)
    except errors.Unavailable:
        key = remembered.get_in_outage(digest) if is_read else None
        if key is None:
            raise
        return key


def key_at_hand(environ: WSGIEnvironment) -> ApiKey | None:
    """The key that a request was sent with, where it is known without asking anybody."""
    try:
        secret = secret_of(environ)
    except errors.Unauthorized:
        return None
    remembered: Remembered = extension("keys.remembered")
    return remembered.get(hash_of(secret))


def look_up(digest: str) -> ApiKey:
    """The active key with this hash, from the database, remembered from now on.

    Raises InvalidApiKey, ExpiredApiKey, RateLimitExceeded.
    """
    remembered: Remembered = extension("keys.remembered")
    asked = time.monotonic()
    row = db.row("keys.get_by_hash", key=digest) or {}
    refusal = refusal_of(row, digest)
    if refusal is not None:
        remembered.forget(digest)
        limits.count_failure(refusal.code)
        raise refusal
    if row["is_use_unrecorded"] and db.takes_writes():
        with suppress(errors.Unavailable):
            db.in_transaction(lambda tx: tx.execute("keys.update_last_used", key_id=row["key_id"]))
    key = key_of(row)
    remembered.put(digest, Confirmed(key, asked, asked + row["seconds_left"]))
    return key


def refusal_of(row: db.Row, digest: str) -> errors.Unauthorized | None:
    """Why a row, which may be empty, is no key that can be used; by the clock of the database, as
    that of this machine may be wrong."""
    if not row or not hmac.compare_digest(row["key"], digest) or row["status"] != "active":
        return errors.InvalidApiKey()
    return errors.ExpiredApiKey() if row["seconds_left"] <= 0 else None


def key_of(row: db.Row) -> ApiKey:
    """The key that a row holds."""
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
        """The key, unless it was confirmed longer ago or has ended."""
        return self.key if time.monotonic() < min(self.asked + seconds, self.ends) else None


class Remembered:
    """The keys that this process looked up lately, so that most requests ask nobody; only right
    ones, so that nobody can make it forget them."""

    def __init__(
        self, seconds: float = REMEMBERED_SECONDS, outage_seconds: float = OUTAGE_SECONDS
    ) -> None:
        self._seconds = seconds
        self._outage_seconds = outage_seconds
        self._keys: Bounded[str, Confirmed] = Bounded(REMEMBERED_AT_MOST)

    def get(self, digest: str) -> ApiKey | None:
        """The key with this hash, where it was confirmed a moment ago."""
        confirmed = self._keys.get(digest)
        return None if confirmed is None else confirmed.within(self._seconds)

    def get_in_outage(self, digest: str) -> ApiKey | None:
        """The key with this hash, for a read while the database is away."""
        confirmed = self._keys.get(digest)
        return None if confirmed is None else confirmed.within(self._outage_seconds)

    def forget(self, digest: str) -> None:
        """Forget a key that turned out to be revoked, to have ended, or to be another."""
        self._keys.pop(digest, None)

    def put(self, digest: str, confirmed: Confirmed) -> None:
        """Remember a key."""
        self._keys.note(digest, confirmed)


def authenticate() -> None:
    """Set g.api_key where a key was sent, unless the entrance did; refuse where the view
    requires one."""
    request, noted = present()
    scope = noted["scope"] = scope_of_view(request)
    # Health and metrics tell of a database that hangs, so they do not ask it for a key; and
    # METRICS_TOKEN is no key.
    if scope is None and (
        "HTTP_AUTHORIZATION" not in request.environ or request.blueprint == "health"
    ):
        return
    if "api_key" in noted:
        return
    try:
        secret = secret_of(request.environ)
        noted["api_key"] = find_key(secret, is_read=request.method in READS)
    except (errors.Unauthorized, errors.Unavailable, errors.RateLimitExceeded):
        if scope is None:
            return
        raise


def authenticate_anew() -> None:
    """Look up the key of the present request once more, whatever is remembered, and check its
    scope. Raises what authenticate() and check_scope() raise."""
    request, noted = present()
    digest = hash_of(secret_of(request.environ))
    remembered: Remembered = extension("keys.remembered")
    remembered.forget(digest)
    noted["api_key"] = look_up(digest)
    check_scope()


def scope_of_view(request: Request) -> str | None:
    """What the view of a request requires; None where there is no view, too."""
    if request.endpoint is None or request.method == "OPTIONS":
        return None
    scope: str | None = current_app.view_functions[request.endpoint].scope  # type: ignore[attr-defined]
    return scope


def check_scope() -> None:
    """Refuse a key that lacks what the view requires. Raises InsufficientScope."""
    noted = notes()
    scope = noted["scope"]
    if scope not in (None, "any") and not noted["api_key"].has(scope):
        raise errors.InsufficientScope(
            f"This needs the scope {scope!r}, which the key lacks; "
            "ask the operator for a key that has it."
        )


def init_memory(app: Flask) -> None:
    """Remember no key."""
    app.extensions["keys.remembered"] = Remembered()


def init_app(app: Flask, config: Config) -> None:
    """Before every view: see whose key it is, count the request against it, check its scope."""
    init_memory(app)
    app.before_request(authenticate)
    limits.init_app(app, config)
    app.before_request(check_scope)
