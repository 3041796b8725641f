"""A session with the service, in a client that openapi-python-client generated."""

from __future__ import annotations

import sys
import uuid

from kamiyo_api_client import AuthenticatedClient
from kamiyo_api_client.api.agents import change_agent, get_agent, register_agent, search_agents
from kamiyo_api_client.api.feedback import give_feedback
from kamiyo_api_client.api.lookup import look_up_agents
from kamiyo_api_client.api.stats import get_agent_stats
from kamiyo_api_client.models import (
    AgentChange,
    AgentChangeStatusType0,
    AgentLookup,
    AgentLookupIncludeItem,
    AgentName,
    AgentToRegister,
    AgentToRegisterRegistrationFile,
    FeedbackToGive,
    Problem,
    SearchAgentsSort,
)


def main(url: str, key: str, client_address: str) -> None:
    """Register an agent, find it, rate it, read it and revoke it."""
    with AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True) as client:
        talk(client, client_address)


def talk(client: AuthenticatedClient, client_address: str) -> None:
    file = AgentToRegisterRegistrationFile.from_dict({"name": "Weather agent"})
    agent = register_agent.sync(
        client=client,
        body=AgentToRegister(owner_address="0x" + "ab" * 20, chain="base", registration_file=file),
    )
    print("registered", agent.registration_file["name"])

    newest = SearchAgentsSort.REGISTERED_AT_DESC
    page = search_agents.sync(client=client, chain="base", sort=newest, x402=False)
    print("found", page.total, "agent at level", page.agents[0].trust_level)

    feedback = FeedbackToGive(agent_uuid=agent.agent_uuid, client_address=client_address, score=90)
    once = str(uuid.uuid4())
    given = [
        give_feedback.sync(client=client, body=feedback, idempotency_key=once) for _ in range(2)
    ]
    assert given[0].feedback_id == given[1].feedback_id
    print("the same feedback twice:", given[0].score)

    stats = get_agent_stats.sync_detailed(agent.agent_uuid, client=client)
    print("statistics:", stats.parsed.total_feedback, "feedback")
    again = get_agent_stats.sync_detailed(
        agent.agent_uuid, client=client, if_none_match=stats.headers["ETag"]
    )
    print("unchanged:", again.status_code.value)

    names = [
        AgentName(agent_uuid=agent.agent_uuid),
        AgentName(chain=8453, agent_id=7),
        AgentName(chain="bsae", agent_id="7"),
    ]
    lookup = AgentLookup(agents=names, include=[AgentLookupIncludeItem.STATS])
    looked_up = look_up_agents.sync(client=client, body=lookup).agents
    print("looked up:", looked_up[0].stats.total_feedback, *(each.code for each in looked_up))

    missing = get_agent.sync(uuid.uuid4(), client=client)
    assert isinstance(missing, Problem)
    print("no such agent:", missing.status, missing.code)

    change = AgentChange(status=AgentChangeStatusType0.REVOKED)
    changed = change_agent.sync(agent.agent_uuid, client=client, body=change)
    print("revoked agent:", changed.status)


main(*sys.argv[1:])
