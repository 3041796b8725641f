"""The commands that cure, as an operator types them; never with a password in them."""

from __future__ import annotations

import re
import shlex
from typing import Any
from urllib.parse import urlsplit

from kamiyo_api.config import Config, local_servers
from kamiyo_api.context import services
from kamiyo_api.db.queries import QUERIES
from kamiyo_api.observability.redaction import scrubbed

ENVIRONMENT = "/etc/kamiyo-api/environment"
COMMENT = re.compile(r"^--.*\n", re.MULTILINE)


def config() -> Config:
    """Return the settings of the present application."""
    return services().config


def psql(statement: str) -> str:
    """Run a statement."""
    return f"psql {address(config().database_url, 'DATABASE_URL')} -c {quoted(statement)}"


def redis_cli(words: str) -> str:
    """Ask Redis."""
    return f"redis-cli -u {address(config().redis_url or '', 'REDIS_URL')} {words}"


def list_foreign_keys() -> str:
    """Show what in Redis is not ours."""
    return f"{redis_cli('--scan')} | grep -vE '^(erc8004|kamiyo):' | head -20"


def address(url: str, variable: str) -> str:
    """A server's address where it is no secret, else the variable that holds it."""
    return shlex.quote(url) if url and scrubbed(url) == url else f'"${variable}"'


def quoted(text: str) -> str:
    """One word of the shell; SQL's own quotes stay readable."""
    return shlex.quote(text) if re.search(r'["$`\\!]', text) else f'"{text}"'


def statement(query: str) -> str:
    """A named query in one line."""
    return " ".join(COMMENT.sub("", QUERIES[query]).split()).rstrip(";")


def end_session(pid: int) -> str:
    """End one session of PostgreSQL; what it had not committed is undone."""
    return psql(f"select pg_terminate_backend({pid})")


def end_idle() -> str:
    """End the sessions that lie idle."""
    return psql(statement("doctor.list_ended_idle_sessions"))


def end_idle_as_superuser() -> str:
    """End the sessions that lie idle, over a connection that is kept for superusers."""
    name = urlsplit(config().database_url).path[1:] or "postgres"
    ending = quoted(statement("doctor.list_ended_idle_sessions"))
    return f"sudo -u postgres psql -d {shlex.quote(name)} -c {ending}"


def show_data_directory() -> str:
    """Say where the server keeps its data."""
    return f"{psql('show data_directory')}  # make room on the disk of this folder"


def switch_on(names: list[str]) -> str:
    """Switch settings of the server on."""
    steps = [f"alter system set {name} = on" for name in names]
    return "; ".join(psql(step) for step in [*steps, "select pg_reload_conf()"])


def restart(unit: str) -> str:
    """Start a part again: all of them at once where `make run` is what serves here."""
    if config().database_url == local_servers().get("DATABASE_URL"):
        return "make run"
    return f"sudo systemctl restart {unit}"


def set_and_restart(*assignments: str) -> str:
    """Change settings of the service, which reads them when it starts."""
    if config().database_url == local_servers().get("DATABASE_URL"):
        return f"{' '.join(assignments)} make run"
    lines = " ".join(f"'{assignment}'" for assignment in assignments)
    written = f"printf '%s\\n' {lines} | sudo tee -a {ENVIRONMENT}"
    return f"{written} && {restart('kamiyo-api')}"


def with_settings_of_service(command: str) -> str:
    """Run a command with the settings that the service has."""
    return f"set -a; . {ENVIRONMENT}; {command}"


def successor(key: dict[str, Any]) -> str:
    """Make a key that may do what another one may, for another while."""
    scopes = " ".join(f"--scope {scope}" for scope in sorted(key["scopes"]))
    wallet = f" --wallet {key['wallet_address']}" if key["wallet_address"] else ""
    name = shlex.quote(key["name"])
    return (
        f"flask api-keys create --name {name} --tier {key['tier']} {scopes}{wallet} --expires 90d"
    )
