"""The names that people type into the search box: uuids, wallets, ENS and global names."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from kamiyo_api.schemas.names import AgentName

GLOBAL_NAME = re.compile(AgentName.PATTERN[1:-1], re.ASCII)
WALLET = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
# A wallet with its chain (CAIP-10), as wallets copy it.
ACCOUNT = re.compile(r"(eip155:[0-9]{1,20}):(0x[0-9a-fA-F]{40})", re.ASCII)

# ENS names that are not DNS names too.
ENS_NAME = re.compile(r"(?:[^\s./:@?#]+\.)+eth", re.IGNORECASE)


def ens_name_in(text: Any) -> str | None:
    """Return the text if it is an ENS name, else None."""
    name = text.strip() if isinstance(text, str) else ""
    return name if ENS_NAME.fullmatch(name) else None


def uuid_in(text: str) -> str | None:
    """Return the text as a uuid if it is one, else None."""
    try:
        return str(UUID(text)) if len(text) in (32, 36) else None
    except ValueError:
        return None
