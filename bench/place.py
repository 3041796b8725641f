"""The servers that are measured on, the data in them, and the service over both."""

from __future__ import annotations

import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import redis

from bench.serving import ROOT, Server, serving
from kamiyo_api.db import schema
from kamiyo_api.dev.databases import DATABASE, Servers, embedded_servers

DATA_DIR = ROOT / ".data" / "bench"
AGENTS_AT_MOST = 20_000
UNLIMITED = "100000000,100000000,100000000,100000000"


@dataclass(frozen=True)
class Place:
    """The service over a copy of the data of one size; `agents` are some of it, in no order."""

    web: Server
    database_url: str
    redis: redis.Redis
    key: str
    agents: list[str]

    def clear_cache(self) -> None:
        """Let every answer be computed again."""
        self.redis.flushdb()

    def sql(self, statement: str, *params: Any) -> list[tuple[Any, ...]]:
        """Run SQL over a connection of its own."""
        return run_sql(self.database_url, statement, *params)

    def timed(self, statement: str, *params: Any) -> float:
        """The seconds that SQL takes."""
        began = time.perf_counter()
        self.sql(statement, *params)
        return time.perf_counter() - began


def run_sql(database_url: str, statement: str, *params: Any) -> list[tuple[Any, ...]]:
    """Run SQL over a connection of its own, each statement for itself."""
    connection = psycopg2.connect(database_url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, params or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@contextmanager
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey, whose data stays so that the next run need not build it again."""
    with embedded_servers(DATA_DIR) as started:
        yield started


@contextmanager
def place(servers: Servers, agents: int, number: int = 0) -> Iterator[Place]:
    """The service over a throw-away copy of the data of so many agents, and over the Redis
    database of that number, as two places must not share a cache."""
    original = built(servers, agents)
    with copied(servers, original) as database_url:
        redis_url = f"{servers.redis_url.removesuffix('/0')}/{number}"
        settings = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "RATE_LIMITS_ENTERPRISE": UNLIMITED,
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "info",
        }
        client = redis.Redis.from_url(redis_url)
        client.flushdb()
        with serving(**settings) as web:
            key = key_file(original).read_text()
            yield Place(web, database_url, client, key, some_agents(database_url))


def built(servers: Servers, agents: int) -> str:
    """The name of the database with the data of so many agents, built where it is not there
    in the newest schema."""
    newest = max(schema.version(path) for path in schema.files(schema.MIGRATIONS))
    name = f"agents_{agents}_at_{newest}"
    known = "select datname from pg_database where datname = %s"
    if not run_sql(servers.database_url, known, name):
        print(f"building {agents:,} agents ...", file=sys.stderr, flush=True)
        draft = f"{name}_draft"
        run_sql(servers.database_url, f"drop database if exists {draft}")
        run_sql(servers.database_url, f"create database {draft}")
        address = servers.database_url.replace(f"/{DATABASE}?", f"/{draft}?")
        command = [sys.executable, "-m", "bench.building", str(agents), str(key_file(name))]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": address}, check=True)
        run_sql(address, "vacuum analyze")
        run_sql(servers.database_url, f"alter database {draft} rename to {name}")
    return name


def key_file(name: str) -> Path:
    """Where the secret of a database's key is kept."""
    return DATA_DIR / f"{name}.key"


@contextmanager
def copied(servers: Servers, original: str) -> Iterator[str]:
    """The address of a copy of a database, which goes when the block ends."""
    name = f"{original}_{secrets.token_hex(4)}"
    run_sql(servers.database_url, f"create database {name} template {original} strategy file_copy")
    try:
        yield servers.database_url.replace(f"/{DATABASE}?", f"/{name}?")
    finally:
        run_sql(servers.database_url, f"drop database {name} with (force)")


def some_agents(database_url: str) -> list[str]:
    """Up to 20,000 active agents with feedback, the same in every run, in no order."""
    rows = run_sql(
        database_url,
        """
        select agent_uuid::text
        from erc8004_agent_search
        where status = 'active' and total_feedback > 0
        order by agent_uuid
        limit %s
        """,
        AGENTS_AT_MOST,
    )
    agents = [agent for (agent,) in rows]
    random.Random(0).shuffle(agents)
    return agents
