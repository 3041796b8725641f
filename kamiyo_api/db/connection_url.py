"""Validate the URL of the database."""

from __future__ import annotations

from collections.abc import Mapping

from kamiyo_api.config_parsing import DIGITS, ConfigError

# The driver would refuse other values only when it opens a connection.
ALLOWED_VALUES = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "channel_binding": ("disable", "prefer", "require"),
    "gssencmode": ("disable", "prefer", "require"),
    "target_session_attrs": (
        "any",
        "read-write",
        "read-only",
        "primary",
        "standby",
        "prefer-standby",
    ),
}


def refuse_malformed(parts: Mapping[str, str]) -> None:
    """Refuse the parts of a URL with which no connection could be opened. Raises ConfigError."""
    for port in filter(None, parts.get("port", "").split(",")):
        if not (DIGITS.fullmatch(port) and 0 < int(port) < 65536):
            raise ConfigError("DATABASE_URL must have a port from 1 to 65535, or none")
    for name, known in ALLOWED_VALUES.items():
        if parts.get(name, known[0]) not in known:
            raise ConfigError(f"DATABASE_URL must have one of {', '.join(known)} as its {name}")
