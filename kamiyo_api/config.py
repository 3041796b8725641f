"""Settings, read once at start from the environment; nothing else reads it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from kamiyo_api.config_parsing import (
    BLANK,
    DIGITS,
    ConfigError,
    address,
    choice,
    folder,
    gateways,
    name,
    number,
    origins,
    provider_urls,
    shown,
    token,
)

# The metrics module opens files there as soon as it is imported.
folder(os.environ, "PROMETHEUS_MULTIPROC_DIR")

LOCAL_SERVERS = Path(__file__).parent.parent / ".data" / "servers.json"
SHORTEST_CURSOR_KEY = 16

# CHANGELOG.md says what each version changed.
VERSION = "1.2.0"
API_PREFIX = "/api/v1"
RPC_URL = "RPC_URL_"


class Tier(NamedTuple):
    """The rate limits of a tier: requests per minute and per hour, registrations per hour and
    other writes per hour."""

    per_minute: int
    per_hour: int
    registrations: int
    writes: int


TIERS = {
    "free": Tier(60, 1_000, 10, 100),
    "pro": Tier(600, 20_000, 100, 2_000),
    "team": Tier(1_800, 100_000, 1_000, 10_000),
    "enterprise": Tier(6_000, 1_000_000, 10_000, 100_000),
}


@dataclass(frozen=True)
class Config:
    """Every setting of the application, named as in the environment.

    Times are in seconds, unless a setting says otherwise.
    """

    database_url: str
    database_pool_size: int
    database_max_overflow: int
    database_pool_timeout: float
    database_statement_timeout: int
    """Milliseconds."""
    cursor_keys: Sequence[str] = field(repr=False)
    redis_url: str | None
    redis_timeout: float
    tiers: Mapping[str, Tier]
    max_content_length: int
    trusted_proxies: int
    cors_origins: Sequence[str]
    log_format: str
    log_level: str
    metrics_token: str | None
    prometheus_multiproc_dir: str | None
    sentry_dsn: str | None
    environment: str
    release: str
    rpc_urls: Mapping[str, Sequence[str]] = field(repr=False)
    """The JSON-RPC URLs of each chain that is read, by what follows RPC_URL_."""
    ipfs_gateways: Sequence[str] = field(repr=False)
    arweave_gateways: Sequence[str] = field(repr=False)
    audit_hours: int
    explorer: bool
    """Whether the pages for people are served."""
    explorer_pages_per_minute: int
    port: int
    web_concurrency: int
    web_threads: int
    """Port, concurrency and threads are settings of gunicorn; the doctor compares them with the
    others."""

    @classmethod
    def from_environment(cls) -> Config:
        """Read the settings.

        If DATABASE_URL or REDIS_URL is unset, the servers of a running `make run` in this
        checkout are used. Raises ConfigError, which names the variable.
        """
        own_settings = {name: value for name, value in os.environ.items() if value.strip()}
        env = {**local_servers(), **own_settings}
        return cls(
            database_url=database_url(env),
            database_pool_size=number(env, "DATABASE_POOL_SIZE", 5, 1, 1000),
            database_max_overflow=number(env, "DATABASE_MAX_OVERFLOW", 5, 0, 1000),
            database_pool_timeout=number(env, "DATABASE_POOL_TIMEOUT_MS", 800, 1, 60_000) / 1000,
            database_statement_timeout=number(
                env, "DATABASE_STATEMENT_TIMEOUT_MS", 5000, 1, 3_600_000
            ),
            cursor_keys=cursor_keys(env),
            redis_url=address(env, "REDIS_URL", ("redis://", "rediss://", "unix://")),
            redis_timeout=number(env, "REDIS_TIMEOUT_MS", 50, 1, 60_000) / 1000,
            tiers={each: tier(env, each, default) for each, default in TIERS.items()},
            max_content_length=number(env, "MAX_CONTENT_LENGTH", 1024**2, 1024, 1024**3),
            trusted_proxies=number(env, "TRUSTED_PROXIES", 0, 0, 10),
            cors_origins=origins(env, "CORS_ORIGINS"),
            log_format=choice(env, "LOG_FORMAT", "auto", ("json", "text")),
            log_level=choice(env, "LOG_LEVEL", "info", ("debug", "warning", "error")).upper(),
            metrics_token=token(env, "METRICS_TOKEN"),
            prometheus_multiproc_dir=folder(env, "PROMETHEUS_MULTIPROC_DIR"),
            sentry_dsn=address(env, "SENTRY_DSN", ("https://", "http://")),
            environment=name(env, "ENVIRONMENT", "production", 64),
            release=name(env, "RELEASE", f"kamiyo-api@{VERSION}", 200),
            rpc_urls=rpc_urls(env),
            ipfs_gateways=gateways(env, "IPFS_GATEWAYS"),
            arweave_gateways=gateways(env, "ARWEAVE_GATEWAYS"),
            audit_hours=number(env, "AUDIT_HOURS", 24, 0, 8760),
            explorer=choice(env, "EXPLORER", "on", ("off",)) == "on",
            explorer_pages_per_minute=number(env, "EXPLORER_PAGES_PER_MINUTE", 120, 1, 1_000_000),
            port=number(env, "PORT", 8000, 1, 65535),
            web_concurrency=number(env, "WEB_CONCURRENCY", 2, 1, 1000),
            web_threads=number(env, "WEB_THREADS", 4, 1, 1000),
        )


def local_servers() -> Mapping[str, str]:
    """Return the settings that a running `make run` wrote for commands in the same checkout."""
    try:
        addresses: dict[str, str] = json.loads(LOCAL_SERVERS.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise ConfigError(f"{LOCAL_SERVERS} cannot be read; delete it") from None
    return addresses


def database_url(env: Mapping[str, str]) -> str:
    """Return the URL of PostgreSQL; postgres:// is accepted, too, as Heroku writes it."""
    url = address(env, "DATABASE_URL", ("postgresql://", "postgres://"))
    if url is None:
        raise ConfigError(
            "DATABASE_URL is not set; give it a postgresql:// address, "
            "or start a local database with `make run`; on a server, load the settings first: "
            "set -a; . /etc/kamiyo-api/environment; set +a"
        )
    return url


def rpc_urls(env: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Return the URLs of the variables RPC_URL_<CHAIN>, by the part after the prefix."""
    variables = sorted(name for name in env if name.startswith(RPC_URL))
    return {name.removeprefix(RPC_URL): provider_urls(env, name) for name in variables}


def cursor_keys(env: Mapping[str, str]) -> Sequence[str]:
    """Return the secrets that sign cursors, the newest first; none if one is to be derived.

    Raises ConfigError, which does not show them.
    """
    text = env.get("CURSOR_KEYS", "")
    keys = text.replace(",", " ").split()
    if text and (not keys or min(map(len, keys)) < SHORTEST_CURSOR_KEY):
        raise ConfigError(
            f"CURSOR_KEYS must be one or more secrets of at least {SHORTEST_CURSOR_KEY} "
            "characters, separated by commas or spaces"
        )
    return keys


def tier(env: Mapping[str, str], name: str, default: Tier) -> Tier:
    """Return the limits of a tier, which RATE_LIMITS_<TIER> overrides: four numbers, as in Tier."""
    variable = f"RATE_LIMITS_{name.upper()}"
    text = env.get(variable, "").strip(BLANK)
    if not text:
        return default
    numbers = [part.strip(BLANK) for part in text.split(",")]
    if len(numbers) != 4 or not all(DIGITS.fullmatch(part) and int(part) for part in numbers):
        raise ConfigError(
            f"{variable} must be four numbers (requests a minute, requests an hour, registrations "
            f"an hour, other writes an hour) such as 60,1000,10,100, not {shown(text)}"
        )
    return Tier(*map(int, numbers))
