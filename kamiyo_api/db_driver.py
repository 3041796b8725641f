"""How a connection to PostgreSQL is opened, and which addresses can be one."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from functools import partial
from typing import Any

import orjson
import psycopg2
import psycopg2.extensions
import psycopg2.extras

from kamiyo_api.config import Config
from kamiyo_api.db_pool import Pool
from kamiyo_api.strict import DIGITS, ConfigError

# How long sent data may stay unacknowledged; the system would try for a quarter of an hour.
TCP_TIMEOUT_MS = 10_000
# What the driver would refuse with each connection, and not before.
WORDS_OF_ADDRESS = {
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


class Connection(psycopg2.extensions.connection):
    """A connection whose waits another thread can end."""

    watch: Any = None
    patience: float | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of its own: the driver closes its descriptor at any time, and the next file gets that.
        self._way = socket.socket(fileno=os.dup(self.fileno()))

    def hang_up(self) -> None:
        """Make whoever waits for the server believe that it closed the connection."""
        with suppress(OSError):
            self._way.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        super().close()
        self._way.close()

    def __del__(self) -> None:
        if hasattr(self, "_way"):
            self._way.close()


def pool_of(config: Config) -> Pool:
    """A pool of connections to DATABASE_URL; it opens nothing before the first query.

    Raises ConfigError where the address cannot be read, without showing it: it holds a password.
    """
    refuse_malformed(config.database_url)
    psycopg2.extras.register_default_jsonb(loads=orjson.loads, globally=True)

    def connect(name: str) -> Any:
        connection = psycopg2.connect(
            config.database_url,
            connect_timeout=2,
            keepalives_idle=30,
            tcp_user_timeout=TCP_TIMEOUT_MS,
            fallback_application_name=name,
            connection_factory=Connection,
        )
        connection.autocommit = True
        # What a query casts to json is answered as it is, its numbers exact and nothing parsed.
        psycopg2.extras.register_default_json(connection, loads=orjson.Fragment)
        return connection

    opening, looking = partial(connect, "kamiyo-api"), partial(connect, "kamiyo-api looks")
    return Pool(config, opening, psycopg2.OperationalError, looking)


def refuse_malformed(url: str) -> None:
    """Refuse an address with which no connection could ever be opened. Raises ConfigError."""
    try:
        parts = psycopg2.extensions.parse_dsn(url)
    except (psycopg2.ProgrammingError, UnicodeError):
        raise ConfigError("DATABASE_URL is not a well-formed postgresql:// address") from None
    for port in filter(None, parts.get("port", "").split(",")):
        if not (DIGITS.fullmatch(port) and 0 < int(port) < 65536):
            raise ConfigError("DATABASE_URL must have a port from 1 to 65535, or none")
    for name, known in WORDS_OF_ADDRESS.items():
        if parts.get(name, known[0]) not in known:
            raise ConfigError(f"DATABASE_URL must have one of {', '.join(known)} as its {name}")
