"""The names by which requests name chains and agents."""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma

from kamiyo_api.schemas.fields import Text

# The fields that together name one agent.
PARTS_OF_AGENT = ("chain", "registry_address", "agent_id")


class ChainName(Text):
    """A chain by its name, an alias, its chain id or its CAIP-2 name. The database resolves it."""

    DESCRIPTION = (
        "A chain by its name, chain id, CAIP-2 name or an alias, in any case: base, 8453, "
        "eip155:8453, bnb. GET /chains lists them."
    )

    def __init__(self, description: str = DESCRIPTION, **kwargs: Any) -> None:
        metadata = {
            "type": ["string", "integer"],
            "description": description,
            "example": "base",
        }
        super().__init__(min_length=1, max_length=64, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return super()._deserialize(str(value) if type(value) is int else value, *args, **kwargs)


class AgentName(Text):
    """An agent by its global name: the chain, the registry and the token id."""

    PATTERN = "^[^\\u0000]{1,64}:0x[0-9a-fA-F]{40}:[0-9]{1,78}$"

    def __init__(self, **kwargs: Any) -> None:
        metadata = {
            "description": "An agent by its chain, registry and token id, instead of chain, "
            "registry_address and agent_id: "
            "eip155:8453:0x8004a169fb4a3325136eb29fa0ceb6d2e539a432:77."
        }
        super().__init__(max_length=200, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if len(text) <= 200 and not re.fullmatch(self.PATTERN[1:-1], text, re.ASCII | re.DOTALL):
            raise ma.ValidationError(
                "Give chain, registry and token id, such as eip155:8453:0x8004…:77."
            )
        return text


def with_parts_of_agent(data: dict[str, Any]) -> dict[str, Any]:
    """Return loaded data with the global name in `agent` replaced by its parts, so both ways to
    name an agent give the same query."""
    name = data.pop("agent")
    if name is None:
        return data
    chain, registry, agent_id = name.rsplit(":", 2)
    parts = (chain, registry.lower(), int(agent_id))
    return data | dict(zip(PARTS_OF_AGENT, parts, strict=True))
