"""The names that people type into a box: uuids, wallets and global names of agents."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from kamiyo_api.schemas.names import AgentName

GLOBAL_NAME = re.compile(AgentName.PATTERN[1:-1], re.ASCII)
WALLET = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
# A wallet with its chain (CAIP-10), as wallets copy it.
ACCOUNT = re.compile(r"(eip155:[0-9]{1,20}):(0x[0-9a-fA-F]{40})", re.ASCII)

# Names of ENS that are no names of DNS as well.
ENS_NAME = re.compile(r"(?:[^\s./:@?#]+\.)+eth", re.IGNORECASE)


def ens_name_in(text: Any) -> str | None:
    """Return the name of ENS that a text is, if it is one."""
    name = text.strip() if isinstance(text, str) else ""
    return name if ENS_NAME.fullmatch(name) else None


def uuid_in(text: str) -> str | None:
    """Return the uuid that a text is, if it is one."""
    try:
        return str(UUID(text)) if len(text) in (32, 36) else None
    except ValueError:
        return None
