"""The commands that fix findings, ready to paste into a shell; never with a password."""

from __future__ import annotations

import re
import shlex
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kamiyo_api.config import Config, local_servers
from kamiyo_api.context import services
from kamiyo_api.db.queries import QUERIES
from kamiyo_api.observability.redaction import redacted

ENVIRONMENT = "/etc/kamiyo-api/environment"
DEFAULT_PORT = "8000"
THIS_MACHINE = ("", "localhost", "::1", "[::1]")
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
    """Return the URL of a server, or the variable that contains it if the URL has a secret."""
    return shlex.quote(url) if url and redacted(url) == url else f'"${variable}"'


def quoted(text: str) -> str:
    """Return a text quoted for the shell; quotes in SQL stay readable."""
    return shlex.quote(text) if re.search(r'["$`\\!]', text) else f'"{text}"'


def statement(query: str) -> str:
    """Return a named query in one line."""
    return " ".join(COMMENT.sub("", QUERIES[query]).split()).rstrip(";")


def psql_as_superuser(statement: str) -> str:
    """Return the command that runs a statement as superuser, if the role of the service lacks the
    rights or all other connections are in use."""
    url = urlsplit(config().database_url)
    if url.username in (None, "postgres"):
        return psql(statement)
    name, host = shlex.quote(url.path[1:] or "postgres"), remote_host(config().database_url)
    if host is None:
        return f"sudo -u postgres psql -d {name} -c {quoted(statement)}"
    port = f" -p {url.port}" if url.port else ""
    return f"psql -h {shlex.quote(host)}{port} -U postgres -d {name} -c {quoted(statement)}"


def end_session(pid: int) -> str:
    """Return the command that terminates a PostgreSQL session and rolls its transaction back."""
    return psql_as_superuser(f"select pg_terminate_backend({pid})")


def end_idle() -> str:
    """Return the command that ends idle sessions."""
    return psql_as_superuser(statement("doctor.list_ended_idle_sessions"))


def show_data_directory() -> str:
    """Return the command that shows where the server stores its data."""
    show = psql_as_superuser("show data_directory")
    return f"{show}  # make room on the disk of this folder"


def switch_on(names: list[str]) -> str:
    """Return the commands that enable settings of the server."""
    steps = [f"alter system set {name} = on" for name in names]
    return "; ".join(psql_as_superuser(step) for step in [*steps, "select pg_reload_conf()"])


def is_made_to_run() -> bool:
    """Return whether the service runs by `make run`."""
    return config().database_url == local_servers().get("DATABASE_URL")


def make_run(*assignments: str) -> str:
    """Return the command that restarts `make run` on the same port with more settings."""
    port = local_servers().get("PORT", DEFAULT_PORT)
    words = [*assignments, "make", "run", *([f"PORT={port}"] if port != DEFAULT_PORT else [])]
    return f"{' '.join(words)}  # first stop the running one, with Ctrl-C in its terminal"


def restart(unit: str) -> str:
    """Return the command that restarts a unit, with the machine to run it on."""
    if is_made_to_run():
        return make_run()
    urls = {"postgresql": config().database_url, "redis": config().redis_url or ""}
    host = remote_host(urls.get(unit, ""))
    return f"sudo systemctl restart {unit}" + (f"  # on {host}" if host else "")


def remote_host(url: str) -> str | None:
    """Return the host of a server, or None for this machine."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    return None if host.startswith(("/", "127.")) or host in THIS_MACHINE else host


def edit_settings(what: str) -> str:
    """Return the command that opens the settings of the service, with the change to make."""
    return f"sudoedit {ENVIRONMENT}  # {what}"


def search_log(pattern: str) -> str:
    """Return the command that finds lines in the log of the service."""
    if is_made_to_run():
        url = f"http://127.0.0.1:{local_servers().get('PORT', DEFAULT_PORT)}/metrics"
        return f"curl -sS {url} | grep errors_total  # the log is in the terminal of make run"
    return f"journalctl -u kamiyo-api -n 1000 --no-pager | grep {pattern}"


def set_and_restart(*assignments: str) -> str:
    """Return the command that changes settings of the service and restarts it."""
    if is_made_to_run():
        return make_run(*assignments)
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
