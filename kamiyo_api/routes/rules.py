"""Who may write to an agent, decided on a row that stays as it is until the write commits."""

from __future__ import annotations

from kamiyo_api import errors
from kamiyo_api.access.admission import require_wallet
from kamiyo_api.context import current_key
from kamiyo_api.db import Row, Transaction


def open_agent(tx: Transaction, agent_uuid: str) -> Row:
    """The agent, active until the transaction ends.

    The row is held by a share lock: writers to one agent do not wait for each other,
    but its owner cannot suspend it between this check and their commit.
    Raises AgentNotFound, AgentNotActive.
    """
    agent = tx.row("agents.get_for_share", agent_uuid=agent_uuid)
    if agent is None:
        raise errors.AgentNotFound
    if agent["status"] != "active":
        raise errors.AgentNotActive
    return agent


def own_agent(tx: Transaction, agent_uuid: str, *, reactivates: bool = False) -> Row:
    """The agent, locked for a change by its owner.

    A revoked one takes no change but that to active, by an admin key alone; an import that
    names another owner makes it active, too. Raises AgentNotFound, NotAgentOwner,
    InvalidTransition.
    """
    agent = tx.row("agents.get_for_update", agent_uuid=agent_uuid)
    if agent is None:
        raise errors.AgentNotFound
    require_wallet(agent["owner_address"], errors.NotAgentOwner)
    if agent["status"] == "revoked" and not (reactivates and current_key().has_scope("admin")):
        raise errors.InvalidTransition(
            "This agent is revoked and takes no change; register a new one, or ask the operator "
            "to set it active with an admin key."
        )
    return agent
