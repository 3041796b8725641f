"""API keys: who calls, and what they may do."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from wsgiref.types import WSGIEnvironment

from flask import Flask, Request, current_app, g

from kamiyo_api import db, errors, limits
from kamiyo_api.bounded import Bounded
from kamiyo_api.config import Config
from kamiyo_api.present import extension, notes, present

# A revoked key stops within this time in every process.
REMEMBERED_SECONDS = 4.0
REMEMBERED_AT_MOST = 10_000

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class ApiKey:
    """A key that authenticated the present request."""

    key_id: str
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

    def is_expired(self) -> bool:
        """Whether the key's time is over."""
        return self.expires_at is not None and self.expires_at <= dt.datetime.now(dt.UTC)

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


def find_key(secret: str) -> ApiKey:
    """The active key with this secret, remembered for a few seconds; for as long as the
    database is away, too.

    Raises InvalidApiKey, ExpiredApiKey, and RateLimitExceeded for an address that guesses.
    """
    digest = hash_of(secret)
    remembered = extension("keys.remembered")
    key: ApiKey | None = remembered.get(digest)
    if key is None:
        asked, last_seen = time.monotonic(), remembered.get_old(digest)
        # A key that was valid when last seen is no guess, whoever else guesses from there.
        if last_seen is None:
            limits.refuse_guesser()
        try:
            key = look_up(digest)
        except errors.Unavailable:
            # What is cached can be answered without the database, but only to a known key.
            if last_seen is None:
                raise
            key = last_seen
        else:
            remembered.put(digest, key, asked)
    if key.is_expired():
        raise errors.ExpiredApiKey
    return key


def key_at_hand(environ: WSGIEnvironment) -> ApiKey | None:
    """The key that a request was sent with, where it is known without asking anybody."""
    try:
        secret = secret_of(environ)
    except errors.Unauthorized:
        return None
    remembered: Remembered = extension("keys.remembered")
    key = remembered.get(hash_of(secret))
    return None if key is None or key.is_expired() else key


def look_up(digest: str) -> ApiKey:
    """The active key with this hash, from the database. Raises InvalidApiKey."""
    row = db.row("keys.get_by_hash", key=digest)
    if row is None or not hmac.compare_digest(row["key"], digest) or row["status"] != "active":
        limits.count_failure()
        extension("keys.remembered").forget(digest)
        raise errors.InvalidApiKey
    if row["is_use_unrecorded"] and db.takes_writes():
        with suppress(errors.Unavailable):
            db.in_transaction(lambda tx: tx.execute("keys.update_last_used", key_id=row["key_id"]))
    return ApiKey(
        key_id=row["key_id"],
        key_prefix=row["key_prefix"],
        name=row["name"],
        tier=row["tier"],
        scopes=frozenset(row["scopes"]),
        wallet_address=row["wallet_address"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


class Remembered:
    """The keys that this process looked up lately, so that most requests ask nobody."""

    def __init__(self) -> None:
        self._keys: Bounded[str, tuple[float, ApiKey]] = Bounded(REMEMBERED_AT_MOST)

    def get(self, digest: str) -> ApiKey | None:
        """The key with this hash, unless it was looked up too long ago."""
        until, key = self._keys.get(digest, (0.0, None))
        return key if time.monotonic() < until else None

    def get_old(self, digest: str) -> ApiKey | None:
        """The key with this hash, however long ago it was looked up."""
        return self._keys.get(digest, (0.0, None))[1]

    def forget(self, digest: str) -> None:
        """Forget a key that turned out to be revoked."""
        self._keys.pop(digest, None)

    def put(self, digest: str, key: ApiKey, asked: float) -> None:
        """Remember a key from when it was asked for."""
        self._keys.note(digest, (asked + REMEMBERED_SECONDS, key))


def authenticate() -> None:
    """Set g.api_key where a key was sent, unless the entrance did; refuse where the view
    requires one."""
    request, noted = present()
    scope = noted["scope"] = scope_of_view(request)
    # Health and metrics tell of a database that hangs, so they do not ask it for a key; and
    # METRICS_TOKEN is no key that somebody guesses.
    if scope is None and (
        "HTTP_AUTHORIZATION" not in request.environ or request.blueprint == "health"
    ):
        return
    if "api_key" in noted:
        return
    try:
        noted["api_key"] = find_key(secret_of(request.environ))
    except (errors.Unauthorized, errors.Unavailable):
        if scope is None:
            return
        raise


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
