"""The Lua scripts, which Redis runs atomically; one file each, functions in files of their own."""

from __future__ import annotations

from pathlib import Path

from kamiyo_api.redis.client import Script

FOLDER = Path(__file__).parent


def load(*names: str) -> Script:
    """Return the script of these files, one after the other: functions before what calls them."""
    return Script("\n".join((FOLDER / f"{name}.lua").read_text() for name in names))
