"""A service on servers of its own, which may be killed, frozen and started again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import requests
from flask import Flask

from bench.serving import Server, is_alive, serving
from kamiyo_api import create_app
from kamiyo_api.access import keys
from kamiyo_api.db import schema
from kamiyo_api.dev.databases import embedded_postgres, embedded_valkey, free_port
from tests.support.concurrency import wait_until
from tests.support.database import run_once

AS_IN_PRODUCTION = {
    "REDIS_TIMEOUT_MS": "50",
    "RATE_LIMITS_ENTERPRISE": "1000000,10000000,10000000,10000000",
}


class Restartable:
    """A server that comes back on the same data, at the same address."""

    def __init__(self, run: Callable[[], AbstractContextManager[str]], pid_file: Path) -> None:
        self._run = run
        self._pid_file = pid_file
        self._running = ExitStack()

    def start(self) -> str:
        """Start it and wait until it serves; its address."""
        return self._running.enter_context(self._run())

    def end(self, number: signal.Signals) -> None:
        """Send a signal that ends it, and wait until nothing of it is left."""
        family = [self.pid, *(child.pid for child in psutil.Process(self.pid).children())]
        self.send(number)
        wait_until(lambda: not any(is_alive(pid) for pid in family))
        self._running.close()

    def send(self, number: signal.Signals) -> None:
        """Send a signal, such as SIGKILL."""
        os.kill(self.pid, number)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """There, but without a word, with all its processes."""
        family = [psutil.Process(self.pid)]
        family += family[0].children(recursive=True)
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                if process.is_running():
                    process.resume()

    def close(self) -> None:
        """Stop it for good."""
        self._running.close()

    @property
    def pid(self) -> int:
        """Its main process."""
        return int(self._pid_file.read_text().split()[0])


@dataclass(frozen=True)
class BreakableServers:
    """A PostgreSQL and a Valkey that may be killed, and come back with their data."""

    postgres: Restartable
    valkey: Restartable
    database_url: str
    redis_url: str

    @property
    def addresses(self) -> dict[str, str]:
        """The settings of a process that uses them."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


@contextmanager
def breakable_servers(folder: Path) -> Iterator[BreakableServers]:
    """Start PostgreSQL, which keeps what it acknowledged, and Valkey."""
    port = free_port()
    postgres = Restartable(lambda: embedded_postgres(folder), folder / "postgres/postmaster.pid")
    valkey = Restartable(lambda: embedded_valkey(folder, port=port), folder / "valkey/valkey.pid")
    with ExitStack() as stack:
        stack.callback(postgres.close)
        stack.callback(valkey.close)
        yield BreakableServers(postgres, valkey, postgres.start(), valkey.start())


@dataclass(frozen=True)
class Place:
    """The service, its servers, and a key that may do everything."""

    web: Server
    postgres: Restartable
    valkey: Restartable
    redis: redis.Redis
    database_url: str
    app: Flask

    def headers(self) -> dict[str, str]:
        """What a client sends to be known; a new key."""
        with self.app.app_context():
            scopes = ("read", "write", "payments", "admin")
            secret = keys.create("faults", "enterprise", scopes, None, None)
        return {"Authorization": f"Bearer {secret}"}

    def sql(self, statement: str, *params: Any) -> list[dict[str, Any]]:
        """Run SQL over a connection of its own; answers the rows as dicts."""
        return run_once(self.database_url, statement, *params)

    def health(self) -> tuple[int, str]:
        """Status code and status of /health."""
        answer = requests.get(self.web.url + "/health", timeout=10)
        return answer.status_code, answer.json()["status"]

    def said(self, words: str) -> int:
        """How many lines of the service's log hold these words."""
        return self.web.log.read_text().count(words)


def configured(settings: Mapping[str, str]) -> Flask:
    """The application with these settings, which go before the environment's."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in settings.items():
            environment.setenv(name, value)
        return create_app()


@contextmanager
def open_place(folder: Path, **settings: str) -> Iterator[Place]:
    """PostgreSQL, Valkey, and two workers of four threads."""
    with ExitStack() as stack:
        servers = stack.enter_context(breakable_servers(folder))
        settings = {**servers.addresses, **AS_IN_PRODUCTION, **settings}
        app = configured(servers.addresses)
        with app.app_context():
            schema.migrate()
        web = stack.enter_context(serving(**settings))
        client = redis.Redis.from_url(servers.redis_url)
        stack.callback(client.close)
        yield Place(web, servers.postgres, servers.valkey, client, servers.database_url, app)
