"""JSON-RPC over HTTP: send requests to one URL, and name the cause of each failure.

The URL contains a key, so no error, log line or metric shows any part of it.
"""

from __future__ import annotations

import email.utils
import logging
import time
from typing import Any

import orjson
import urllib3

from kamiyo_api.indexer.failures import CallError, Fault, KeyRefused, RateLimited
from kamiyo_api.observability.redaction import parts_of

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
# For a whole answer, however slowly it arrives.
ANSWER_SECONDS = 60.0
MAX_ANSWER_BYTES = 24 * 1024**2
CHUNK_BYTES = 256 * 1024
MAX_RETRY_AFTER_SECONDS = 120.0
# publicnode.com answers 403 to limit the rate, and some plans answer 402 when they are used up.
RATE_STATUSES = {402, 403, 429}
KEY_STATUSES = {401, 404, 405}
TOO_LARGE = 413

# Its debug lines hold URLs.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class Endpoint:
    """One JSON-RPC URL, over connections that stay open."""

    def __init__(self, url: str) -> None:
        parts = urllib3.util.parse_url(url)
        self._path = parts.request_uri
        self._secrets = sorted(parts_of(url), key=len, reverse=True)
        headers = {"content-type": "application/json", "accept-encoding": "gzip"}
        if parts.auth:
            headers |= urllib3.util.make_headers(basic_auth=parts.auth)
        self._pool = urllib3.connection_from_url(
            f"{parts.scheme}://{parts.netloc.rpartition('@')[2] if parts.netloc else ''}",
            maxsize=1,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=False,
            headers=headers,
        )

    def post(self, payload: Any) -> Any:
        """Return the parsed answer to a request. Raises ProviderFailure."""
        try:
            status, headers, body = self._exchange(orjson.dumps(payload))
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # The error itself holds the URL.
            raise Fault(f"no answer ({type(error).__name__})") from None
        return answer_of(status, headers, body)

    def _exchange(self, payload: bytes) -> tuple[int, Any, bytes]:
        response = self._pool.urlopen(
            "POST", self._path, body=payload, redirect=False, preload_content=False
        )
        try:
            body = bounded_body(response)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return response.status, response.headers, body

    def redacted(self, text: str) -> str:
        """Return a text of the provider, short and without any part of the URL."""
        for secret in self._secrets:
            text = text.replace(secret, "[redacted]")
        return " ".join(text.split())[:300]


def bounded_body(response: urllib3.BaseHTTPResponse) -> bytes:
    """Return the whole body, of limited size and in limited time."""
    until, chunks, size = time.monotonic() + ANSWER_SECONDS, [], 0
    for chunk in response.stream(CHUNK_BYTES, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise CallError(TOO_LARGE, f"the answer is larger than {MAX_ANSWER_BYTES} bytes")
        if time.monotonic() > until:
            raise CallError(TOO_LARGE, f"the answer takes longer than {ANSWER_SECONDS:.0f} s")
    return b"".join(chunks)


def answer_of(status: int, headers: Any, body: bytes) -> Any:
    """Return the parsed body of an answer. Raises ProviderFailure."""
    if status in RATE_STATUSES:
        raise RateLimited(f"HTTP {status}", retry_after(headers.get("retry-after")))
    if status in KEY_STATUSES or 300 <= status < 400:
        raise KeyRefused(f"HTTP {status}")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = None
    if isinstance(parsed, list) or (
        isinstance(parsed, dict) and ("result" in parsed or "error" in parsed)
    ):
        return parsed
    if status in (400, TOO_LARGE):
        raise CallError(status, f"HTTP {status}")
    raise Fault("an answer that is not JSON-RPC" if status == 200 else f"HTTP {status}")


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header, which has a number or a date."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
