"""API keys: who calls, and what they may do."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, g, request

from kamiyo_api import db, errors

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


def secret_of_request() -> str:
    """The secret in the Authorization header, without white space around it.

    Raises MissingApiKey, or InvalidApiKey where white space stands inside.
    """
    scheme, _, rest = request.headers.get("Authorization", "").strip().partition(" ")
    secret = rest.strip()
    if scheme.lower() != "bearer" or not secret:
        raise errors.MissingApiKey
    if len(secret.split()) > 1:
        raise errors.InvalidApiKey(
            "Invalid API key: there is white space inside it; copy the key again in one piece."
        )
    return secret


def find_key(secret: str) -> ApiKey:
    """The active key with this secret. Raises InvalidApiKey or ExpiredApiKey."""
    digest = hash_of(secret)
    row = db.row("keys.get_by_hash", key=digest)
    if row is None or not hmac.compare_digest(row["key"], digest) or row["status"] != "active":
        raise errors.InvalidApiKey
    if row["is_expired"]:
        raise errors.ExpiredApiKey
    if row["is_use_unrecorded"]:
        with db.transaction() as tx:
            tx.execute("keys.update_last_used", key_id=row["key_id"])
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


def authenticate() -> None:
    """Set g.api_key before a view that requires a scope, or refuse."""
    if request.endpoint is None or request.method == "OPTIONS":
        return
    scope = current_app.view_functions[request.endpoint].scope  # type: ignore[attr-defined]
    if scope is None:
        return
    g.api_key = find_key(secret_of_request())
    if scope != "any" and not g.api_key.has(scope):
        raise errors.InsufficientScope(
            f"This needs the scope {scope!r}, which the key lacks; "
            "ask the operator for a key that has it."
        )


def init_app(app: Flask) -> None:
    """Authenticate before every view."""
    app.before_request(authenticate)
