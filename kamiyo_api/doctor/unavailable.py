"""The fixes for an unreachable server, by the cause that its driver reports."""

from __future__ import annotations

import re
import shlex
from urllib.parse import urlsplit

from kamiyo_api.doctor import commands

AGAIN = "flask doctor  # again in a minute"
STARTING = ("starting up", "shutting down", "recovery mode", "LOADING", "loading the dataset")
NO_DATABASE = re.compile(r'database "([^"]+)" does not exist')
NO_ROLE = re.compile(r'role "([^"]+)" does not exist')
DATABASE_REFUSES = re.compile(r"password|pg_hba\.conf|authentication|SSL")
REDIS_REFUSES = re.compile(r"NOAUTH|WRONGPASS|NOPERM|invalid password|uthentication")
UNKNOWN_HOST = re.compile(r"translate host name|[Nn]ame or service|resolution|nodename")


def fix_of_database(cause: str) -> str:
    """Return the fix for an unavailable PostgreSQL."""
    if any(words in cause for words in STARTING):
        return AGAIN
    if database := NO_DATABASE.search(cause):
        owner = urlsplit(commands.config().database_url).username or "postgres"
        return as_postgres(f"createdb -O {shlex.quote(owner)} {shlex.quote(database[1])}")
    if role := NO_ROLE.search(cause):
        return as_postgres(f"createuser --pwprompt {shlex.quote(role[1])}")
    if UNKNOWN_HOST.search(cause) or DATABASE_REFUSES.search(cause):
        return commands.edit_settings("correct DATABASE_URL")
    return commands.restart("postgresql")


def as_postgres(command: str) -> str:
    """Return a command that runs as the PostgreSQL superuser on the server's machine."""
    host = commands.remote_host(commands.config().database_url)
    return f"sudo -u postgres {command}" + (f"  # on {host}" if host else "")


def fix_of_redis(cause: str) -> str:
    """Return the fix for an unavailable Redis."""
    if any(words in cause for words in STARTING):
        return AGAIN
    if UNKNOWN_HOST.search(cause) or REDIS_REFUSES.search(cause):
        return commands.edit_settings("correct REDIS_URL")
    return commands.restart("redis")
