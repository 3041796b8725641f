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

# Each takes 2 kB; a decision is another read for each amount and policy.
MAX_KNOWN_READS = 1_000
MAX_READ_KEY_LENGTH = 500
# Only as answers have it: another spelling is another request to Flask.
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OF_AGENT = re.compile(f"({API_PREFIX}/agents/)({UUID})((?:/[a-z]+)?)")

# What the answer depends on besides the agent: host, path around its uuid, query string.
ReadKey = tuple[str, str, str, str]


class KnownRead(NamedTuple):
    """A read about any agent: the policy of its view, its route, the view with its parsed query,
    and the headers of an answer about one of them."""

    policy: Policy
    route: str
    view: Callable[..., bytes]
    headers: tuple[Header, ...]

    def cache_key(self, agent_uuid: str) -> str:
        """Return the key under which the answer about an agent is cached."""
        return AGENT_KEYS[self.policy.cached or ""].format(agent_uuid)

    def headers_for(self, body: bytes, etag: str) -> list[Header]:
        """Return the headers of an answer with this body."""
        own = {"Content-Length": str(len(body)), "ETag": etag}
        return [(name, own.get(name, value)) for name, value in self.headers]


def read_of(environ: WSGIEnvironment) -> tuple[ReadKey, str] | None:
    """Return the key of a read about an agent, and the uuid of the agent; None for other
    requests, and for one whose answer may be compressed."""
    found = OF_AGENT.fullmatch(environ["PATH_INFO"])
    if found is None or "HTTP_ACCEPT_ENCODING" in environ:
        return None
    before, agent_uuid, after = found.groups()
    get = environ.get
    return (get("HTTP_HOST", ""), before, after, get("QUERY_STRING", "")), agent_uuid


def record_read(state: RequestState, route: str, headers: list[Header]) -> None:
    """Record a read that Flask answered, if it is one about an agent that the cache answers."""
    found, view, policy = read_of(state.environ), state.view, state.policy
    if found is None or view is None or policy is None or state.cache_key is None:
        return
    if policy.cached in AGENT_KEYS and sum(map(len, found[0])) <= MAX_READ_KEY_LENGTH:
        state.services.known_reads.put(found[0], KnownRead(policy, route, view, tuple(headers)))
