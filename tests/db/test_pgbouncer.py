"""The service behind PgBouncer in transaction mode: nothing relies on the state of a session."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from tests.support import ROOT
from tests.support.pgbouncer import PROGRAM, pgbouncer
from tests.support.programs import needed

pytestmark = pytest.mark.slow

# Migrations, registrations, searches, feedback, payments, replays, retries, refreshes, imports.
PART = [
    "tests/cache/test_cached_answers.py",
    "tests/routes/test_feedback.py",
    "tests/web/test_idempotency.py",
    "tests/trust/test_stats.py",
    "tests/db/test_transactions.py",
]


@pytest.fixture(autouse=True)
def installed():
    """Skip aloud where pgbouncer is missing."""
    needed(PROGRAM)


def test_representative_part_of_the_tests_passes_through_pgbouncer(figures):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PART]
    environment = {**os.environ, "TESTS_THROUGH_PGBOUNCER": "yes"}
    for name in ("DATABASE_URL", "REDIS_URL", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    figures(passed_through_pgbouncer=int(passed[1]))
    assert int(passed[1]) > 150


def test_connections_are_indeed_handed_around(servers):
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-bouncer-", dir="/tmp") as folder,
        pgbouncer(servers.database_url, Path(folder)) as address,
        closing(psycopg2.connect(address)) as one,
        closing(psycopg2.connect(address)) as other,
    ):
        pids = []
        for connection in (one, other):
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select pg_backend_pid()")
                pids.append(cursor.fetchone())
    assert pids[0] == pids[1]
