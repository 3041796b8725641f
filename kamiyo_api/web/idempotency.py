"""Idempotent writes: run a view in a transaction, and store its answer in the same transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from flask import Response, request

from kamiyo_api import db, errors, outages
from kamiyo_api.access import admission
from kamiyo_api.context import current_key, services

HEADER = "Idempotency-Key"
VALID_KEY = re.compile(r"[\x21-\x7e]{1,255}")
STORED_HEADERS = ("Content-Type", "Location")

View = Callable[..., Any]


def transactional_view(view: View) -> View:
    """Return a view that gets a transaction as its first argument; its answer is committed with it.

    With an Idempotency-Key on POST (draft-ietf-httpapi-idempotency-key-header), the same key and
    request within 24 hours return the first answer again, and do nothing twice: the answer is
    stored in the transaction of the work, and the unique constraint on the key makes the second of
    two concurrent requests wait for the answer of the first.
    """

    @wraps(view)
    def write(**path: Any) -> Response:
        key = idempotency_key()
        if key is None:
            return run_confirmed(lambda tx: view(tx, **path))
        return run_confirmed(lambda tx: run_once(tx, key, lambda: view(tx, **path)))

    return write


def run_confirmed(work: Callable[[db.Transaction], Response]) -> Response:
    """Run a write in a transaction in which the database confirms the API key of the request.

    If the key has changed since this process cached it, look it up again: refuse it if it may not
    write any more, else run the write again with its new rights. The current database is determined
    before, and again after a new connection was opened.
    """
    cache_state = services().cache_state
    cache_state.current_database()
    try:
        return db.in_transaction(work, current_key().confirmation)
    except outages.KeyChanged:
        admission.admit_again()
        return db.in_transaction(work, current_key().confirmation)
    finally:
        cache_state.current_database()


def idempotency_key() -> str | None:
    """Return the Idempotency-Key of a POST, or None. Raises InvalidInput."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    if not VALID_KEY.fullmatch(key):
        raise errors.InvalidInput(
            errors={HEADER: ["Give 1 to 255 visible ASCII characters, such as a new uuid."]}
        )
    return key


def run_once(tx: db.Transaction, key: str, work: Callable[[], Response]) -> Response:
    """Do the work and store its answer, or return the stored answer. Keys of one rotation family
    share their answers. Raises IdempotencyKeyReused."""
    row_key = {"family_id": current_key().family_id, "idempotency_key": key}
    inserted = tx.row("idempotency.insert", request_hash=hash_of_request(), **row_key)
    if inserted is None:
        return replay(tx.rows("idempotency.get", **row_key)[0])
    response = work()
    headers = {name: response.headers[name] for name in STORED_HEADERS if name in response.headers}
    tx.execute(
        "idempotency.update_answer",
        status=response.status_code,
        headers=orjson.dumps(headers).decode(),
        body=response.get_data(),
        **row_key,
    )
    return response


def hash_of_request() -> bytes:
    """Return the SHA-256 of the method, path and body, which are equal for the same request."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    digest.update(request.get_data(cache=True))
    return digest.digest()


def replay(stored: db.Row) -> Response:
    """Return the first answer again. Raises IdempotencyKeyReused if the request is another."""
    if bytes(stored["request_hash"]) != hash_of_request():
        raise errors.IdempotencyKeyReused
    headers = {**stored["headers"], "Idempotency-Replayed": "true"}
    return Response(bytes(stored["body"]), status=stored["status"], headers=headers)
