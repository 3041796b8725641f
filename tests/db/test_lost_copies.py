"""COPY over a connection that the database ends."""

from __future__ import annotations

import gc
import sys

import pytest

from kamiyo_api import db
from kamiyo_api.db.copying import copy_rows
from tests.support import database

END_SESSIONS = """
select pg_terminate_backend(a.pid)
from pg_stat_activity as a
where a.datname = current_database()
  and a.pid <> pg_backend_pid()
  and a.application_name like 'kamiyo-api%'
"""
STAGING = "create temp table lines (line text) on commit drop"


def test_connection_that_is_lost_during_a_copy_is_an_error_to_try_again(app, servers, monkeypatch):
    """The rows are read no further, and nothing is left that refuses to end."""
    read = []

    def rows():
        for number in range(1_000_000):
            read.append(number)
            if number == 1_000:
                assert database.run_once(servers.database_url, END_SESSIONS)
            yield b"a line of the table\n" * 10

    def load():
        with db.transaction(limited=False) as tx:
            tx.run_script(STAGING)
            copy_rows(tx, "test.copy", rows())

    ignored = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    monkeypatch.setitem(db.queries.QUERIES, "test.copy", "copy lines from stdin")
    with pytest.raises(db.ConnectionLost):
        load()
    gc.collect()
    assert ignored == []
    assert 1_000 < len(read) < 100_000
