"""Bodies of requests: valid by default, changed by what a test says."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

_numbers = itertools.count(1)


def address() -> str:
    """An address that no other call gave."""
    return f"0x{next(_numbers):040x}"


def hash32() -> str:
    """A hash of 32 bytes that no other call gave."""
    return f"0x{next(_numbers):064x}"


def agent(**overrides: Any) -> dict[str, Any]:
    """An agent to be registered on base, of an owner of its own."""
    file = {
        "type": "https://eips.ethereum.org/EIPS/eip-8004#registration-v1",
        "name": "Weather agent",
        "description": "Tells the weather of tomorrow",
        "services": [{"name": "MCP", "endpoint": "https://weather.example/mcp"}],
        "x402Support": True,
    }
    return {
        "owner_address": address(),
        "chain": "base",
        "registration_file": file,
        **overrides,
    }


def feedback(**overrides: Any) -> dict[str, Any]:
    """A feedback by a client of its own; scored 90 unless a value is given."""
    rating = {} if "value" in overrides else {"score": 90}
    return {"client_address": address(), **rating, **overrides}


def payment(**overrides: Any) -> dict[str, Any]:
    """A verified payment of a transaction of its own."""
    return {
        "chain": "base",
        "tx_hash": hash32(),
        "amount_usdc": "12.500000",
        "status": "verified",
        **overrides,
    }


def validation(**overrides: Any) -> dict[str, Any]:
    """A request to a validator of its own."""
    return {"validator_address": address(), "request_hash": hash32(), **overrides}


def poster(
    client: FlaskClient,
    headers: dict[str, str],
    path: str,
    body: Callable[..., dict[str, Any]],
) -> Callable[..., dict[str, Any]]:
    """A function that posts a body and answers what was created."""

    def post(**overrides: Any) -> dict[str, Any]:
        answer = client.post(path, json=body(**overrides), headers=headers)
        assert answer.status_code == 201, answer.json
        created: dict[str, Any] = answer.json
        return created

    return post


def insert_agents(sql: Callable[..., Any], count: int) -> None:
    """Put many agents straight into the database, a second apart, of a hundred owners."""
    sql(
        """
        insert into erc8004_agents (
          agent_id, chain, registry_address, owner_address, registration_file, created_at
        )
        select
          n,
          'base',
          '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432',
          '0x' || lpad((n %% 100)::text, 40, '0'),
          jsonb_build_object('name', 'Agent ' || n),
          timestamptz '2026-01-01 00:00+00' + n * interval '1 second'
        from generate_series(1, %s) as n
        """,
        count,
    )
