"""A service that is made ill, with all that an operator has to see it and to cure it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
import requests
from flask import Flask

from bench.serving import Server, serving
from kamiyo_api.access import keys
from kamiyo_api.dev.databases import bundled_postgres
from tests.support import ROOT
from tests.support.alerts import Span
from tests.support.database import run_once, session
from tests.support.doctor import Examined
from tests.support.prometheus import Scrape, scrape
from tests.support.servers import BreakableServers, configured

SETTINGS = {
    "LOG_LEVEL": "info",
    "LOG_FORMAT": "json",
    # The machine that tests may be busy.
    "REDIS_TIMEOUT_MS": "5000",
    "WEB_CONCURRENCY": "1",
}


@dataclass(frozen=True)
class Stand:
    """A running service, its servers, and the commands that reach both."""

    servers: BreakableServers
    web: Server
    app: Flask
    settings: dict[str, str]
    redis: redis.Redis

    def key(self, *scopes: str, tier: str = "enterprise") -> dict[str, str]:
        """Headers with a new key, which may do everything unless told otherwise."""
        with self.app.app_context():
            every = ("read", "write", "payments", "admin")
            secret = keys.create("client", tier, scopes or every, None, None)
        return {"Authorization": f"Bearer {secret}"}

    def ask(self, path: str, headers: dict[str, str], method: str = "GET", **body: Any) -> Any:
        """The answer to a request below /api/v1."""
        options = {"json": body} if body else {}
        return self.web.request(method, f"/api/v1{path}", headers=headers, **options)

    def sql(self, statement: str, *params: Any) -> list[dict[str, Any]]:
        """Run SQL over a connection of its own; answers the rows as dicts."""
        return run_once(self.servers.database_url, statement, *params)

    def session(self) -> AbstractContextManager[Any]:
        """A session of PostgreSQL, of somebody else than the service."""
        return session(self.servers.database_url)

    def scrape(self) -> Scrape:
        """What /metrics tells."""
        return scrape(self.web)

    def during(self, work: Callable[[], Any] = lambda: None) -> Span:
        """What /metrics tells before and after some work."""
        before = self.scrape()
        work()
        return before, self.scrape()

    def health(self) -> tuple[int, str, dict[str, str]]:
        """Status code, status and checks of /health."""
        answer = requests.get(f"{self.web.url}/health", timeout=10)
        return answer.status_code, answer.json()["status"], answer.json()["checks"]

    def is_healthy(self) -> bool:
        """Whether /health finds nothing."""
        return self.health()[:2] == (200, "healthy")

    def doctor(self, *words: str) -> Examined:
        """What `flask doctor` finds."""
        words = ("doctor", "--json", "--url", self.web.url, *words)
        done = self.app.test_cli_runner().invoke(args=words)
        return Examined(done.exit_code, json.loads(done.stdout))

    def type(self, command: str) -> str:
        """Type a command into a shell on the service's machine; its output."""
        programs = f"{bundled_postgres()}:{Path(sys.executable).parent}"
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=ROOT,
            env={**os.environ, **self.settings, "PATH": f"{programs}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self) -> str:
        """What the service logged."""
        return self.web.log.read_text()


@contextmanager
def standing(servers: BreakableServers, **settings: str) -> Iterator[Stand]:
    """One worker of four threads, over these servers."""
    settings = {**servers.addresses, **SETTINGS, **settings}
    client = redis.Redis.from_url(servers.redis_url)
    with serving(**settings) as web:
        yield Stand(servers, web, configured(settings), settings, client)
    client.close()


def restarted_with(cure: str) -> dict[str, str]:
    """The settings that a cure writes down before it restarts the service."""
    assert cure.endswith("&& sudo systemctl restart kamiyo-api")
    return dict(re.findall(r"'([A-Z_]+)=(\w+)'", cure))
