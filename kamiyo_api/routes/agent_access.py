"""Permission to write to an agent, checked on its row, which stays locked until the commit."""

from __future__ import annotations

from kamiyo_api import errors
from kamiyo_api.access.admission import require_wallet
from kamiyo_api.context import current_key
from kamiyo_api.db import Row, Transaction


def require_active_agent(tx: Transaction, agent_uuid: str) -> Row:
    """Return the agent, locked as active until the transaction ends.

    It is a share lock: writers to one agent do not wait for each other, but its owner cannot
    suspend it between this check and their commit.
    Raises AgentNotFound, AgentNotActive.
    """
    agent = tx.row("agents.get_for_share", agent_uuid=agent_uuid)
    if agent is None:
        raise errors.AgentNotFound
    if agent["status"] != "active":
        raise errors.AgentNotActive
    return agent


def refuse_decided(row: Row, what: str, call: str) -> None:
    """Refuse to change on-chain data; name the transaction that changes it. Raises
    DecidedOnChain."""
    if row["source"] == "chain":
        raise errors.DecidedOnChain(
            f"The chain decides {what}; send {call.format(**row)} to the registry "
            f"{row['registry_address']} on {row['chain']}. The change shows here once its block "
            "is final."
        )


def require_owned_agent(tx: Transaction, agent_uuid: str, *, reactivates: bool = False) -> Row:
    """Return the agent, locked for a change by its owner.

    A revoked agent can only be set active again, and only by an admin key; an import that names
    another owner sets it active, too. Raises AgentNotFound, NotAgentOwner, InvalidTransition.
    """
    agent = tx.row("agents.get_for_update", agent_uuid=agent_uuid)
    if agent is None:
        raise errors.AgentNotFound
    require_wallet(agent["owner_address"], errors.NotAgentOwner)
    if agent["status"] == "revoked" and not (reactivates and current_key().has_scope("admin")):
        raise errors.InvalidTransition(
            "This agent is revoked and cannot be changed; register a new one, or ask the operator "
            "to set it active with an admin key."
        )
    return agent
