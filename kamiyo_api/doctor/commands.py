"""The commands that fix what a check finds, as an operator types them; never with a password."""

from __future__ import annotations

import re
import shlex
from typing import Any
from urllib.parse import urlsplit

from kamiyo_api.config import Config, local_servers
from kamiyo_api.context import services
from kamiyo_api.db.queries import QUERIES
from kamiyo_api.observability.redaction import redacted

ENVIRONMENT = "/etc/kamiyo-api/environment"
COMMENT = re.compile(r"^--.*\n", re.MULTILINE)


def config() -> Config:
    """Return the settings of the current application."""
    return services().config


def psql(statement: str) -> str:
    """Return the command that runs a statement."""
    return f"psql {address(config().database_url, 'DATABASE_URL')} -c {quoted(statement)}"


def redis_cli(words: str) -> str:
    """Return a command of redis-cli."""
    return f"redis-cli -u {address(config().redis_url or '', 'REDIS_URL')} {words}"


def list_foreign_keys() -> str:
    """Return the command that lists keys in Redis of other applications."""
    return f"{redis_cli('--scan')} | grep -vE '^(erc8004|kamiyo):' | head -20"


def address(url: str, variable: str) -> str:
    """Return the URL of a server if it contains no secret, else the variable that holds it."""
    return shlex.quote(url) if url and redacted(url) == url else f'"${variable}"'


def quoted(text: str) -> str:
    """Return a text as one word of the shell; quotes of SQL stay readable."""
    return shlex.quote(text) if re.search(r'["$`\\!]', text) else f'"{text}"'


def statement(query: str) -> str:
    """Return a named query in one line."""
    return " ".join(COMMENT.sub("", QUERIES[query]).split()).rstrip(";")


def end_session(pid: int) -> str:
    """Return the command that ends a session of PostgreSQL and rolls its transaction back."""
    return psql(f"select pg_terminate_backend({pid})")


def end_idle() -> str:
    """Return the command that ends idle sessions."""
    return psql(statement("doctor.list_ended_idle_sessions"))


def end_idle_as_superuser() -> str:
    """Return the command that ends idle sessions, over a connection reserved for superusers."""
    name = urlsplit(config().database_url).path[1:] or "postgres"
    end_sessions = quoted(statement("doctor.list_ended_idle_sessions"))
    return f"sudo -u postgres psql -d {shlex.quote(name)} -c {end_sessions}"


def show_data_directory() -> str:
    """Return the command that shows where the server stores its data."""
    return f"{psql('show data_directory')}  # make room on the disk of this folder"


def switch_on(names: list[str]) -> str:
    """Return the commands that switch settings of the server on."""
    steps = [f"alter system set {name} = on" for name in names]
    return "; ".join(psql(step) for step in [*steps, "select pg_reload_conf()"])


def restart(unit: str) -> str:
    """Return the command that restarts a unit; `make run` restarts everything that it started."""
    if config().database_url == local_servers().get("DATABASE_URL"):
        return "make run"
    return f"sudo systemctl restart {unit}"


def set_and_restart(*assignments: str) -> str:
    """Return the command that changes settings of the service, which reads them at its start."""
    if config().database_url == local_servers().get("DATABASE_URL"):
        return f"{' '.join(assignments)} make run"
    lines = " ".join(f"'{assignment}'" for assignment in assignments)
    write = f"printf '%s\\n' {lines} | sudo tee -a {ENVIRONMENT}"
    return f"{write} && {restart('kamiyo-api')}"


def with_settings_of_service(command: str) -> str:
    """Return a command that runs with the settings of the service."""
    return f"set -a; . {ENVIRONMENT}; {command}"


def successor(key: dict[str, Any]) -> str:
    """Return the command that creates a key with the same rights as another, for 90 days."""
    scopes = " ".join(f"--scope {scope}" for scope in sorted(key["scopes"]))
    wallet = f" --wallet {key['wallet_address']}" if key["wallet_address"] else ""
    name = shlex.quote(key["name"])
    return (
        f"flask api-keys create --name {name} --tier {key['tier']} {scopes}{wallet} --expires 90d"
    )
