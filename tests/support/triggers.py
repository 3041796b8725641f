"""What the servers and the application say they did, for tests that count."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.database import Sql

Statements = list[str]


@pytest.fixture
def statements(sql: Sql) -> Iterator[Callable[[], Statements]]:
    """The statements that PostgreSQL was asked for since the test began, or since last asked."""
    log = Path(sql("show data_directory")[0]["data_directory"]) / "server.log"
    sql("alter system set log_statement = 'all'")
    sql("select pg_reload_conf()")
    seen = 0

    def since() -> Statements:
        nonlocal seen
        with log.open("rb") as file:
            file.seek(seen)
            said = file.read()
        seen += len(said)
        return said.decode(errors="replace").split("LOG:  statement: ")[1:]

    while not since():
        sql("select 'watched'")
    # The sessions of the application learn of it a moment later.
    time.sleep(0.1)
    yield since
    sql("alter system reset log_statement")
    sql("select pg_reload_conf()")


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The lines that the application logs in this process."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("kamiyo_api")
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)


# What a trigger may do to the statement that fires it, in PL/pgSQL.
COLLIDE = "raise exception 'collided' using errcode = '{}';"
SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
LOSE_CONNECTION = "perform pg_terminate_backend(pg_backend_pid());"


@contextmanager
def disturbed(
    sql: Sql, table: str, body: str, times: int, *, when: str = "after insert"
) -> Iterator[None]:
    """Let the first so many rows that are written to a table do what a body of PL/pgSQL says."""
    counted = f"if nextval('tried') <= {times} then {body} end if;"
    with trigger(sql, table, counted, when=when):
        yield


@contextmanager
def trigger(sql: Sql, table: str, body: str, *, when: str = "after insert") -> Iterator[None]:
    """Let each row that is written to a table do what a body of PL/pgSQL says.

    `when` may begin with "constraint": then it happens during the commit.
    """
    deferred = "deferrable initially deferred" if when.startswith("constraint ") else ""
    kind = "constraint trigger" if deferred else "trigger"
    sql(
        f"""
        create sequence tried;
        create function disturb() returns trigger language plpgsql security definer
        as $$ begin {body} return new; end $$;
        create {kind} disturb {when.removeprefix("constraint ")} on {table} {deferred}
        for each row execute function disturb();
        """
    )
    try:
        yield
    finally:
        sql("drop function disturb cascade; drop sequence tried")
