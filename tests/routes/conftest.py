"""Requests that the tests of several resources send."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.endpoints import AGENTS, REGISTER


@pytest.fixture
def listed(get):
    """The feedback of an agent that a query string leaves."""
    return lambda agent, query="": get(f"/agents/{agent['agent_uuid']}/feedback?{query}")[
        "feedback"
    ]


@pytest.fixture
def search(client, admin):
    """Search agents by parameters."""
    return lambda **query: client.get(AGENTS, query_string=query, headers=admin)


@pytest.fixture
def register(client, admin):
    """Register an agent with these fields."""
    return lambda **fields: client.post(REGISTER, json=factories.agent(**fields), headers=admin)
