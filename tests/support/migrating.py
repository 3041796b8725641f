"""Databases that `flask migrate` makes or upgrades, and what is in them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from kamiyo_api.dev.databases import Servers, embedded_postgres
from tests.support import ROOT
from tests.support.programs import needed_file

SQL = ROOT / "sql"
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
STATE_27 = (ROOT / "tests" / "db" / "state_27.sql").read_text()


def names(folder: str) -> list[str]:
    return [f"{folder}/{path.stem}" for path in sorted((SQL / folder).glob("*.sql"))]


OF_A_NEW_DATABASE = names("tables") + names("functions")


OF_AN_UPGRADE = names("migrations") + names("functions")


@pytest.fixture
def empty(servers: Servers) -> Iterator[str]:
    """The address of a database in which nothing is yet."""
    connection = psycopg2.connect(servers.database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create database empty")
        yield servers.database_url.replace("/kamiyo?", "/empty?")
        cursor.execute("drop database empty with (force)")
    connection.close()


def start_migrate(database_url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "migrate"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def migrate(database_url: str) -> list[str]:
    return said_by(start_migrate(database_url))


def said_by(process: subprocess.Popen[str]) -> list[str]:
    said, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    return said.splitlines()


def read(database_url: str, statement: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    connection.close()
    return rows


def applied(files: list[str]) -> list[str]:
    return [f"applied {name}" for name in files]


@pytest.fixture(scope="module")
def postgres_15(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database on PostgreSQL 15."""
    needed_file(POSTGRES_15)
    folder = tmp_path_factory.mktemp("postgres-15")
    with embedded_postgres(folder, throwaway=True, bin_dir=POSTGRES_15) as address:
        yield address


def load(database_url: str, script: str) -> None:
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(script)
    connection.close()


CATALOG = """
select 'column', c.relname, a.attname, concat_ws(
  ' ', c.relkind, rank() over (partition by c.oid order by a.attnum),
  format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
  (select l.collname from pg_collation as l where l.oid = a.attcollation),
  pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum), a.attoptions, c.reloptions
)
from pg_class as c
join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'S')
union all
select 'constraint', conrelid::regclass::text, conname, replace(
  -- A dump nests what `between` makes differently, to the same effect.
  replace(pg_get_constraintdef(oid), '(', ''), ')', ''
)
from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
union all
select 'index', tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
union all
select 'view', viewname, '', definition from pg_views where schemaname = 'public'
union all
select 'view', matviewname, '', definition from pg_matviews where schemaname = 'public'
union all
select 'routine', proname, oid::regprocedure::text, pg_get_functiondef(oid)
from pg_proc where pronamespace = 'public'::regnamespace
union all
select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
from pg_trigger where not tgisinternal
order by 1, 2, 3, 4
"""


def catalog(database_url: str) -> list[tuple[Any, ...]]:
    """Everything that a schema is made of."""
    return read(database_url, CATALOG)
