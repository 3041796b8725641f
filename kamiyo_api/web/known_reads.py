"""The reads about an agent that Flask answered before: the answer about another agent differs only
in its body, so the fast path needs no routing, no parsing and no headers of Flask for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from wsgiref.types import WSGIEnvironment

from kamiyo_api.cache.prefetch import AGENT_KEYS
from kamiyo_api.config import API_PREFIX
from kamiyo_api.context import Header, RequestState
from kamiyo_api.policies import Policy
from kamiyo_api.web.headers import MIN_COMPRESSED_BYTES, compression_for, etag_of

# Each takes 2 kB; a decision is another read for each amount and policy.
MAX_KNOWN_READS = 1_000
MAX_READ_KEY_LENGTH = 500
# Only as answers have it: another spelling is another request to Flask.
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OF_AGENT = re.compile(f"({API_PREFIX}/agents/)({UUID})((?:/[a-z]+)?)")

# What the answer depends on besides the agent: host, path around its uuid, query string, accepted
# encodings.
ReadKey = tuple[str, str, str, str, str]


class Answer(NamedTuple):
    """An answer to send, and the route that it is logged under."""

    route: str
    headers: list[Header]
    body: bytes


class Shape(NamedTuple):
    """The common parts of the answers of a view: the route, the headers, and how a long body is
    compressed."""

    route: str
    headers: tuple[Header, ...]
    compression: tuple[str, Callable[[bytes], bytes]] | None

    def answer_with(self, body: bytes) -> Answer:
        """Return the answer with a body of the view."""
        etag, added = etag_of(body), []
        if self.compression and len(body) >= MIN_COMPRESSED_BYTES:
            encoding, compress = self.compression
            body, added = compress(body), [("Content-Encoding", encoding)]
        own = {"Content-Length": str(len(body)), "ETag": etag}
        headers = [(name, own.get(name, value)) for name, value in self.headers]
        return Answer(self.route, headers + added, body)


def shape_of(environ: WSGIEnvironment, answer: Answer) -> Shape:
    """Return the shape of an answer of Flask."""
    headers = tuple(each for each in answer.headers if each[0] != "Content-Encoding")
    return Shape(answer.route, headers, compression_for(environ.get("HTTP_ACCEPT_ENCODING")))


class KnownRead(NamedTuple):
    """A read about any agent: the policy of its view, the view with its parsed query, and the shape
    of its answers."""

    policy: Policy
    view: Callable[..., bytes]
    shape: Shape

    def cache_key(self, agent_uuid: str) -> str:
        """Return the key under which the answer about an agent is cached."""
        return AGENT_KEYS[self.policy.cached or ""].format(agent_uuid)


def read_of(environ: WSGIEnvironment) -> tuple[ReadKey, str] | None:
    """Return the key of a read about an agent, and the uuid of the agent; None for other
    requests."""
    found = OF_AGENT.fullmatch(environ["PATH_INFO"])
    if found is None:
        return None
    before, agent_uuid, after = found.groups()
    get = environ.get
    host, encodings = get("HTTP_HOST", ""), get("HTTP_ACCEPT_ENCODING", "")
    return (host, before, after, get("QUERY_STRING", ""), encodings), agent_uuid


def record_read(state: RequestState, answer: Answer) -> None:
    """Record a read that Flask answered, if it is one about an agent that the cache answers."""
    found, view, policy = read_of(state.environ), state.view, state.policy
    if found is None or view is None or policy is None or state.cache_key is None:
        return
    if policy.cached in AGENT_KEYS and sum(map(len, found[0])) <= MAX_READ_KEY_LENGTH:
        read = KnownRead(policy, view, shape_of(state.environ, answer))
        state.services.known_reads.put(found[0], read)
