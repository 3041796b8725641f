"""Agents as a registry knows them, with URIs that hold their files, and what resolves these."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from flask import Flask

from kamiyo_api.indexer.files.fetching import Fetcher
from kamiyo_api.indexer.files.gateways import Gateways
from kamiyo_api.indexer.files.queue import resolve_some
from kamiyo_api.indexer.files.resolving import Resolver
from tests.support.database import Sql

REGISTRY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
GLOBAL = f"eip155:8453:{REGISTRY}"
OWNER = "0x" + "1" * 40
INSERT = """
insert into erc8004_agents (chain, registry_address, agent_id, owner_address, token_uri, claimed,
  registration_file)
values ('base', %s, %s, %s, %s, %s, %s)
returning id::text
"""


def data(file: Any) -> str:
    """A data URI of a file."""
    content = json.dumps(file).encode()
    return f"data:application/json;base64,{base64.b64encode(content).decode()}"


def naming(*entries: Any, **fields: Any) -> dict[str, Any]:
    """A file whose registrations name agents."""
    return {"name": "Tides", "registrations": list(entries), **fields}


def entry(agent_id: Any = 7, registry: str = GLOBAL) -> dict[str, Any]:
    """An entry of registrations."""
    return {"agentId": agent_id, "agentRegistry": registry}


@pytest.fixture
def insert(sql: Sql, app: Flask) -> Callable[..., str]:
    """Insert an agent as its registry does; its uuid."""

    def run(
        token_uri: str | None, agent_id: int = 7, claimed: bool = False, file: str | None = None
    ) -> str:
        values = (REGISTRY, agent_id, OWNER, token_uri, claimed, file)
        return str(sql(INSERT, *values)[0]["id"])

    return run


@pytest.fixture
def resolver() -> Resolver:
    """A resolver that reaches nothing of this machine, and has no gateway."""
    return Resolver(Fetcher(), Gateways(Fetcher(), (), ()))


@pytest.fixture
def resolve(app: Flask, resolver: Resolver) -> Iterator[Callable[[], Counter[str]]]:
    """Resolve what is due; how often each outcome was stored."""
    with ThreadPoolExecutor(4) as pool:
        yield partial(resolve_some, resolver, pool)
