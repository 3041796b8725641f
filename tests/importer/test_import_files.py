"""Importing a file as a whole: all of it or nothing, whatever the file, while others work."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import Result

from kamiyo_api.importer.agents import import_file
from kamiyo_api.importer.files import RejectedLine
from tests.support.imports import AGENTS, counts, line

WAITING = "select pid from pg_locks where locktype = 'advisory' and not granted"
MANY = "".join(f"{line(agent_id=number)}\n" for number in range(2000)).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (gzip.compress(MANY)[:-2000], "breaks off after line"),
        (gzip.compress(MANY)[:-5], "breaks off after line"),
        (gzip.compress(MANY)[:-8] + b"\xff" * 8, "cannot be read after line"),
        (MANY[:-20], "breaks off in the middle of line 2000"),
        (MANY + b'{"x": "' + b"y" * 2**21, "breaks off in the middle of line 2001"),
        (b"\x89PNG\r\n\x1a\n" * 1000, "is neither JSON Lines nor gzip of it"),
        (line().encode()[:-5], "is neither JSON Lines nor gzip of it"),
    ],
)
def test_a_file_that_breaks_off_or_is_something_else_loads_nothing(
    run_import, sql, content, message
):
    result = run_import(content)
    assert result.exit_code == 1
    last_line = result.stderr.splitlines()[-1]
    assert message in last_line
    assert last_line.endswith("nothing was loaded")
    assert sql(AGENTS) == []


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_opened_is_one_line(app, tmp_path, name):
    result = app.test_cli_runner().invoke(args=["import-agents", str(tmp_path / name)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {tmp_path}")
    assert len(result.stderr.splitlines()) == 1


def test_the_rejects_never_overwrite_the_file_that_is_imported(run_import, tmp_path):
    result = run_import([line()], "--rejects", str(tmp_path / "agents.jsonl"))
    assert result.exit_code == 2
    assert (tmp_path / "agents.jsonl").read_text() == f"{line()}\n"


def test_an_empty_file_is_no_error(run_import):
    assert "read 0 lines" in counts(run_import(b""))


def test_the_bytes_of_the_file_are_told_as_they_are_read(app, tmp_path):
    path = tmp_path / "agents.jsonl.gz"
    path.write_bytes(gzip.compress(MANY))
    told: list[int] = []
    with path.open("rb") as file:
        done = import_file(file, print, told.append)
    assert (done.read, done.inserted) == (2000, 2000)
    assert sum(told) == path.stat().st_size


def test_an_interruption_leaves_nothing_behind(app, tmp_path, sql):
    path = tmp_path / "agents.jsonl"
    path.write_bytes(MANY + b"garbage\n")

    def interrupt(refused: RejectedLine) -> None:
        raise KeyboardInterrupt

    with path.open("rb") as file, pytest.raises(KeyboardInterrupt):
        import_file(file, interrupt)
    assert sql(AGENTS) == []


@pytest.fixture
def import_while_refreshing(run_import, sql) -> Iterator[Callable[[str], Result]]:
    """Import an agent while a refresh holds its lock, until a statement is run."""

    def once_it_waits(statement: str) -> None:
        for _ in range(1000):
            if sql(WAITING):
                break
            time.sleep(0.01)
        assert sql(AGENTS) == []
        sql(statement)

    def run(statement: str) -> Result:
        sql("select pg_advisory_lock(hashtext('refresh_erc8004_stats'))")
        with ThreadPoolExecutor(1) as threads:
            ended = threads.submit(once_it_waits, statement)
            result = run_import([line()])
            ended.result()
        return result

    yield run
    sql("select pg_advisory_unlock_all()")


def test_an_import_waits_for_a_refresh_to_end(import_while_refreshing):
    result = import_while_refreshing("select pg_advisory_unlock_all()")
    assert "1 inserted" in counts(result)


def test_an_import_that_loses_its_connection_says_so_in_one_line(import_while_refreshing, sql):
    result = import_while_refreshing(f"select pg_terminate_backend(pid) from ({WAITING}) as w")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "the connection to the database broke; nothing was kept" in result.stderr
    assert sql(AGENTS) == []
