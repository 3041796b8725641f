"""One request answered twice: past Flask, after it answered one like it, and by Flask."""

from __future__ import annotations

import gzip
import json
import re
import sys

import brotli
from flask.testing import FlaskClient

from kamiyo_api.cache.answers import ERC8004Cache
from kamiyo_api.context import services
from tests.support.cached_reads import OF_EACH_REQUEST

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

READERS = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress}
OF_EACH_HEAD = (*OF_EACH_REQUEST, "ETag", "Content-Length")
OF_EACH_LINE = ("request_id", "duration_ms", "time", "queries", "query_ms")


class BothWays:
    """A client that sends a request on both ways."""

    def __init__(self, app, logged, routed):
        # The checked client cannot read compressed bodies.
        self._raw = FlaskClient(app, app.response_class)
        self._logged, self._routed = logged, routed

    def outcomes(self, known, asked):
        """What comes of the request `asked` after `known` was answered, and of Flask; both are what
        a client takes to open a URL."""
        found = []
        for is_known in (True, False):
            forget()
            if is_known:
                self._raw.open(**known)
            self._logged.truncate(0)
            del self._routed[:]
            found.append(outcome(self._raw.open(**asked), self._logged))
            found[-1]["routed"] = len(self._routed)
        return found


def forget():
    """Let Flask answer the next request of every kind."""
    services().known_reads.clear()
    services().known_posts.clear()
    services().sent_answers.clear()
    ERC8004Cache().invalidate_all()


def encodings(headers):
    """The encodings that a request accepts, which Flask has to have seen."""
    return {name: value for name, value in headers.items() if name == "Accept-Encoding"}


def outcome(answer, logged):
    """An answer and its log line, but for what each has of its own."""
    line = json.loads(logged.getvalue().replace("\0", "").splitlines()[-1])
    return {
        "status": answer.status_code,
        "headers": [each for each in answer.headers if each[0] not in OF_EACH_HEAD],
        # The server adds the Date, if not Flask did.
        "names": [name for name, _ in answer.headers if name != "Date"],
        "length": "Content-Encoding" in answer.headers or answer.headers.get("Content-Length"),
        "body": body_of(answer),
        "line": {name: value for name, value in line.items() if name not in OF_EACH_LINE},
    }


def body_of(answer):
    """The body of an answer, but for the moment that it was computed and the id of the request."""
    body = answer.data
    if "Content-Encoding" in answer.headers:
        body = READERS[answer.headers["Content-Encoding"]](body)
    body = body.replace(answer.headers["X-Request-ID"].encode(), b"")
    return re.sub(rb'"as_of":"[^"]{27}"', b'"as_of":', body)
