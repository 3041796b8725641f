"""Writes that happen once: the transaction around a view, and the first answer kept in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from flask import Response, request

from kamiyo_api import db, errors
from kamiyo_api.access import admission
from kamiyo_api.context import current_key, services

HEADER = "Idempotency-Key"
SANE_KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("Content-Type", "Location")

View = Callable[..., Any]


def writing(view: View) -> View:
    """Give a view a transaction as its first argument; what it answers is committed with it.

    With an Idempotency-Key on POST (draft-ietf-httpapi-idempotency-key-header), the same key
    and request within 24 hours answers the first result again and does nothing twice: the
    answer is written in the transaction of the work, and the unique key of its row lets
    one of two requests go first and the other wait for its answer.
    """

    @wraps(view)
    def write(**path: Any) -> Response:
        key = idempotency_key()
        if key is None:
            return confirmed(lambda tx: view(tx, **path))
        return confirmed(lambda tx: once(tx, key, lambda: view(tx, **path)))

    return write


def confirmed(work: Callable[[db.Transaction], Response]) -> Response:
    """Run a write in a transaction that the database lets the key of the request begin.

    Where the key is not what this process remembers, it is looked up anew: a key that may not
    write any more is refused, and with another the write runs once more, by its new rights. Of
    which database the cache is, is asked before, and again where a new connection was opened.
    """
    cache_state = services().cache_state
    cache_state.current_database()
    try:
        return db.in_transaction(work, current_key().confirmation)
    except errors.KeyChanged:
        admission.admit_again()
        return db.in_transaction(work, current_key().confirmation)
    finally:
        cache_state.current_database()


def idempotency_key() -> str | None:
    """The client's key, on POST. Raises InvalidInput."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    if not SANE_KEY.fullmatch(key):
        raise errors.InvalidInput(
            errors={HEADER: ["Give 1 to 255 visible ASCII characters, such as a new uuid."]}
        )
    return key


def once(tx: db.Transaction, key: str, work: Callable[[], Response]) -> Response:
    """Do the work, or answer as the first time; a key that replaced another by rotation finds
    the answers of that one. Raises IdempotencyKeyReused."""
    place = {"family_id": current_key().family_id, "idempotency_key": key}
    claimed = tx.row("idempotency.insert", request_hash=hash_of_request(), **place)
    if claimed is None:
        return replay(tx.rows("idempotency.get", **place)[0])
    response = work()
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    tx.execute(
        "idempotency.update_answer",
        status=response.status_code,
        headers=orjson.dumps(headers).decode(),
        body=response.get_data(),
        **place,
    )
    return response


def hash_of_request() -> bytes:
    """What must be the same for a request to be the same: method, path and body."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    digest.update(request.get_data(cache=True))
    return digest.digest()


def replay(kept: db.Row) -> Response:
    """The first answer again. Raises IdempotencyKeyReused where the request is another."""
    if bytes(kept["request_hash"]) != hash_of_request():
        raise errors.IdempotencyKeyReused
    headers = {**kept["headers"], "Idempotency-Replayed": "true"}
    return Response(bytes(kept["body"]), status=kept["status"], headers=headers)
