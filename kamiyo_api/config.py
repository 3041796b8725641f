"""Settings, read once at start from the environment; nothing else reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOCAL_SERVERS = Path(__file__).parent.parent / ".data" / "servers.json"
REQUIRED = object()


class ConfigError(SystemExit):
    """A setting is missing or unreadable: ends the start with one line, not a trace."""

    def __init__(self, message: str) -> None:
        super().__init__(f"kamiyo-api: {message}")


@dataclass(frozen=True)
class Config:
    """Every setting of the application; the names in capitals are the environment's.

    Times are seconds unless the name says otherwise.
    """

    database_url: str
    redis_url: str | None
    database_pool_size: int
    database_max_overflow: int
    database_pool_timeout: float
    max_content_length: int

    @classmethod
    def from_environment(cls) -> Config:
        """Read the settings.

        Where DATABASE_URL or REDIS_URL is unset, the servers of a running `make run`
        in this checkout are taken. Raises ConfigError, which names the variable.
        """
        given = {**local_servers(), **os.environ}
        return cls(
            database_url=database_url(given),
            redis_url=given.get("REDIS_URL") or None,
            database_pool_size=number(given, "DATABASE_POOL_SIZE", 5, at_least=1),
            database_max_overflow=number(given, "DATABASE_MAX_OVERFLOW", 5, at_least=0),
            database_pool_timeout=1.0,
            max_content_length=number(given, "MAX_CONTENT_LENGTH", 1024 * 1024, at_least=1024),
        )


def local_servers() -> Mapping[str, str]:
    """The addresses that a running `make run` left for the commands typed beside it."""
    try:
        addresses: dict[str, str] = json.loads(LOCAL_SERVERS.read_text())
    except FileNotFoundError:
        return {}
    return addresses


def database_url(given: Mapping[str, str]) -> str:
    """The address of PostgreSQL; Heroku-style postgres:// is taken too."""
    url = given.get("DATABASE_URL", "").strip()
    if not url:
        raise ConfigError(
            "DATABASE_URL is not set; give it a postgresql:// address, "
            "or start a local database with `make run`"
        )
    if not url.startswith(("postgresql://", "postgres://")):
        raise ConfigError("DATABASE_URL must begin with postgresql://")
    return url


def number(given: Mapping[str, str], name: str, default: int, *, at_least: int) -> int:
    """A whole-number setting. Raises ConfigError where it is no number or too small."""
    text = given.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) < at_least:
        raise ConfigError(f"{name} must be a whole number from {at_least} up, not {text!r}")
    return int(text)
