"""A large import, of which two connections write a half each: all of it or nothing, each agent once
and with its search row, whatever ends it and whoever writes beside it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import IO
from zlib import crc32

import pytest

from kamiyo_api import outages
from kamiyo_api.db.driver import pooled_connection
from kamiyo_api.dev.databases import Servers
from kamiyo_api.importer import halves
from kamiyo_api.importer.agents import import_file
from tests.support import database, factories
from tests.support.concurrency import at_once, wait_until, working
from tests.support.imports import AGENTS, OWNER, REGISTRY, figures, line
from tests.support.triggers import LOSE_CONNECTION, trigger

LINES = 3_000
PADDING = "x" * 1_000
OF_THE_FIRST = next(number for number in range(LINES) if not crc32(b"%d" % number) & 1)
OF_THE_SECOND = next(number for number in range(LINES) if crc32(b"%d" % number) & 1)
LOCK = 8004
HOLD = f"if new.agent_id = {{}} then perform pg_advisory_xact_lock({LOCK}); end if;"
FAIL = "if new.agent_id = {} then raise exception 'refused' using errcode = '53100'; end if;"
WRITTEN, COMMITTED = "before insert", "constraint after insert"
WAITING = """
    select pid
    from pg_locks
    where locktype in ('advisory', 'transactionid') and not granted
"""
REGISTER = "/api/v1/agents/register"
INSERT = f"""
    insert into erc8004_agents (chain, registry_address, agent_id, owner_address)
    values ('ethereum', '{REGISTRY}', %s, %s)
"""
SESSIONS = """
    select pid
    from pg_stat_activity
    where application_name = 'kamiyo-api' and state <> 'idle'
"""
IS_WRITTEN = f"{SESSIONS} and state = 'idle in transaction' and query like '%_chain_cursors%'"
COPYING = "select pid from pg_stat_progress_copy"
SEARCH_ROWS = """
    select a.id, s.agent_uuid
    from erc8004_agents as a
    full join erc8004_agent_search as s on s.agent_uuid = a.id and s.words @@ 'name'
    where a.id is null or s.agent_uuid is null
"""
WRITERS = "select count(distinct xmin::text) as writers from {}"


def agent_line(number: int, **overrides: object) -> str:
    """An agent with a registration file of a kilobyte."""
    file = {"description": f"name {number}", "image": PADDING}
    return line(agent_id=number, registration_file=file, **overrides)


FILE = "".join(f"{agent_line(number)}\n" for number in range(LINES)).encode()
TWICE = "".join(f"{agent_line(n, token_uri='ipfs://x')}\n" for n in range(LINES)).encode() + FILE


def test_two_connections_write_a_large_file_and_one_a_small_one(run_import, sql):
    assert figures(run_import(FILE)) == (LINES, 0, 0, 0, 0)
    for table in ("erc8004_agents", "erc8004_agent_search"):
        assert sql(WRITERS.format(table)) == [{"writers": 2}]
    assert sql(SEARCH_ROWS) == []
    small = "".join(f"{agent_line(number, chain='base')}\n" for number in range(100))
    run_import(small.encode())
    assert sql(WRITERS.format("erc8004_agents")) == [{"writers": 3}]


def test_a_word_in_names_of_both_halves_is_one(run_import, sql):
    names = [
        line(agent_id=n, registration_file={"name": "Ferry", "x": PADDING}) for n in range(LINES)
    ]
    assert figures(run_import(names)) == (LINES, 0, 0, 0, 0)
    assert sql(WRITERS.format("erc8004_agents")) == [{"writers": 2}]
    assert sql("select word from erc8004_name_words") == [{"word": "ferry"}]


def test_the_same_large_file_changes_nothing(run_import, sql):
    run_import(FILE)
    before = sql(AGENTS)
    assert figures(run_import(FILE)) == (0, 0, LINES, 0, 0)
    assert sql(AGENTS) == before


def test_lines_about_the_same_agents_count_once(run_import, sql):
    older = agent_line(OF_THE_FIRST, block_number=1), agent_line(OF_THE_SECOND, block_number=1)
    content = TWICE + "\n".join(older).encode() + b"\ngarbage\n"
    assert figures(run_import(content)) == (LINES, 0, LINES, 2, 1)
    assert sql("select distinct token_uri from erc8004_agents") == [{"token_uri": None}]


def test_a_large_file_that_breaks_off_loads_nothing(run_import, sql):
    result = run_import(FILE[:-20])
    assert result.stderr.splitlines()[-1].endswith("nothing was loaded")
    assert (result.exit_code, sql(AGENTS)) == (1, [])


@pytest.mark.parametrize("number", [OF_THE_FIRST, OF_THE_SECOND])
@pytest.mark.parametrize("written", [WRITTEN, "after insert"])
def test_neither_half_is_loaded_if_one_fails(run_import, sql, number, written):
    with trigger(sql, "erc8004_agents", FAIL.format(number), when=written):
        assert run_import(FILE).exit_code == 1
    assert sql(AGENTS) == []
    assert figures(run_import(FILE)) == (LINES, 0, 0, 0, 0)


@pytest.mark.parametrize("number", [OF_THE_FIRST, OF_THE_SECOND])
def test_neither_half_is_loaded_if_one_loses_its_connection(run_import, sql, number):
    lose = f"if new.agent_id = {number} then {LOSE_CONNECTION} end if;"
    with trigger(sql, "erc8004_agents", lose):
        result = run_import(FILE)
    assert "the connection to the database broke; nothing was kept" in result.stderr
    assert (result.exit_code, sql(AGENTS)) == (1, [])


def test_a_second_half_that_fails_while_the_file_is_read_ends_the_import(run_import, sql):
    end = f"select pg_terminate_backend(max(pid)) from ({COPYING}) as copying"
    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(wait_until, lambda: len(sql(COPYING)) == 2 and sql(end))
        result = run_import(FILE * 10)
        ended.result()
    assert "nothing was kept" in result.stderr
    assert (result.exit_code, sql(AGENTS)) == (1, [])


def test_without_a_second_connection_one_writes_all(app, sql):
    with ExitStack() as held:
        pool = app.extensions["kamiyo"].db
        while pool.usage()[0] < pool.usage()[1] - 1:
            held.enter_context(pooled_connection())
        done = import_file(io.BytesIO(FILE), print)
    assert done.inserted == LINES
    assert sql(WRITERS.format("erc8004_agents")) == [{"writers": 1}]


@pytest.mark.slow
def test_a_session_between_the_halves_ends_the_import(app, servers, sql, monkeypatch):
    """One half waits for it, and it for the other half; PostgreSQL does not see that the halves
    wait for each other."""
    monkeypatch.setattr(halves, "LOCK_TIMEOUT_MS", 5_000)

    def stand_between() -> None:
        with database.session(servers.database_url) as session:
            database.run(session, "begin")
            database.run(session, INSERT, OF_THE_FIRST, factories.address())
            began.set()
            wait_until(lambda: sql(WAITING) and sql(IS_WRITTEN))
            database.run(session, INSERT, OF_THE_SECOND, factories.address())
            database.run(session, "rollback")

    began = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        stood = threads.submit(stand_between)
        began.wait()
        with pytest.raises(outages.DatabaseBusy):
            import_file(io.BytesIO(FILE), print)
        stood.result()
    assert sql(AGENTS) == []
    assert import_file(io.BytesIO(FILE), print).inserted == LINES


def test_two_imports_of_a_large_file_at_once_insert_each_agent_once(session_app, app, sql):
    def import_it(_: int) -> int:
        with session_app.app_context():
            return import_file(io.BytesIO(FILE), print).inserted

    assert sorted(at_once(2, import_it)) == [0, LINES]
    assert sql(SEARCH_ROWS) == []


def test_agents_that_clients_register_at_the_same_time_are_one_each(session_app, app, admin, sql):
    answers: list[int] = []
    is_over = threading.Event()

    def register() -> None:
        http = session_app.test_client()
        for number in range(LINES - 1, 0, -1):
            body = factories.agent(chain="ethereum", agent_id=str(number))
            answers.append(http.post(REGISTER, json=body, headers=admin).status_code)
            if is_over.is_set():
                return

    with working([register]):
        wait_until(lambda: answers)
        assert import_file(io.BytesIO(FILE), print).rejected == 0
        is_over.set()
    assert set(answers) <= {201, 409}
    assert [(agent["owner_address"], agent["claimed"]) for agent in sql(AGENTS)] == [
        (OWNER.lower(), False)
    ] * LINES
    assert sql(SEARCH_ROWS) == []


def started(servers: Servers, source: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the command, which reads its standard input."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "import-agents", "-"]
    environment = {**os.environ, "DATABASE_URL": servers.database_url}
    return subprocess.Popen(command, env=environment, stdin=source, stdout=subprocess.DEVNULL)


def test_a_command_that_is_killed_while_it_reads_loads_nothing(app, servers, run_import, sql):
    with started(servers, subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(FILE)
        wait_until(lambda: len(sql(COPYING)) == 2)
        process.kill()
    wait_until(lambda: not sql(SESSIONS))
    assert sql(AGENTS) == []
    assert figures(run_import(FILE)) == (LINES, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("number", "when", "loaded"),
    [
        (OF_THE_FIRST, WRITTEN, (False, False)),
        (OF_THE_SECOND, WRITTEN, (False, False)),
        (OF_THE_SECOND, COMMITTED, (False, True)),
        (OF_THE_FIRST, COMMITTED, (True, True)),
    ],
)
def test_each_agent_of_a_killed_command_has_its_search_row(
    app, servers, run_import, sql, tmp_path, number, when, loaded
):
    """The server ends a commit that has begun, whether its client is there or not."""
    path = tmp_path / "killed.jsonl"
    path.write_bytes(FILE)
    sql(f"select pg_advisory_lock({LOCK})")
    with trigger(sql, "erc8004_agents", HOLD.format(number), when=when):
        with path.open("rb") as file, started(servers, file) as process:
            wait_until(lambda: sql(WAITING))
            process.kill()
        sql(f"select pg_advisory_unlock({LOCK})")
        wait_until(lambda: not sql(SESSIONS))
    found = {int(agent["agent_id"]) for agent in sql(AGENTS)}
    assert (OF_THE_FIRST in found, OF_THE_SECOND in found) == loaded
    assert sql(SEARCH_ROWS) == []
    assert figures(run_import(FILE)) == (LINES - len(found), 0, len(found), 0, 0)
    assert sql(SEARCH_ROWS) == []
