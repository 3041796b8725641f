"""Migrations: harmless to repeat, from two machines at once, on PostgreSQL 15 and 18."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from kamiyo_api.embedded import embedded_postgres

ROOT = Path(__file__).parent.parent
FILES = sorted(path.stem for path in (ROOT / "sql" / "migrations").glob("*.sql"))
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def empty(servers):
    """The address of a database in which nothing is yet."""
    connection = psycopg2.connect(servers.database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create database empty")
        yield servers.database_url.replace("/kamiyo?", "/empty?")
        cursor.execute("drop database empty with (force)")
    connection.close()


def start_migrate(database_url):
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "migrate"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def migrate(database_url):
    return said_by(start_migrate(database_url))


def said_by(process):
    said, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    return said.splitlines()


def read(database_url, statement):
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    connection.close()
    return rows


def versions(database_url):
    return read(database_url, "select version from schema_migrations order by version")


def test_every_migration_runs_once_and_in_order(empty):
    assert migrate(empty) == [f"applied {name}" for name in FILES]
    done = versions(empty)
    assert migrate(empty) == ["the database is up to date"]
    assert versions(empty) == done == [(int(name[:4]),) for name in FILES]


def test_two_processes_at_once_share_the_work(empty):
    both = [start_migrate(empty) for _ in range(2)]
    said = [line for process in both for line in said_by(process) if line.startswith("applied")]
    assert sorted(said) == [f"applied {name}" for name in FILES]


def test_migration_that_fails_keeps_no_record_of_having_run(empty):
    migrate(empty)
    read(empty, "delete from schema_migrations where version = 1 returning version")
    process = start_migrate(empty)
    _, errors = process.communicate()
    # The tables of the first are there, so it fails, and keeps no record of having run.
    assert process.returncode == 1
    assert "already exists" in errors
    assert (1,) not in versions(empty)


def test_wrong_address_is_one_clear_line():
    process = start_migrate("postgresql://postgres@127.0.0.1:1/nowhere")
    said, errors = process.communicate()
    assert (process.returncode, said) == (1, "")
    assert len(errors.splitlines()) <= 3
    assert "check DATABASE_URL" in errors
    assert "Traceback" not in errors


@pytest.fixture(scope="module")
def postgres_15(tmp_path_factory):
    """The address of an empty database on PostgreSQL 15."""
    if not POSTGRES_15.is_dir():
        reason = "PostgreSQL 15 is not installed: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("postgres-15")
    with embedded_postgres(folder, throwaway=True, bin_dir=POSTGRES_15) as address:
        yield address


# What an operator relies on, from psql.
REGISTER = """
insert into erc8004_agents (chain, registry_address, owner_address, registration_file)
values ('base', '0x' || repeat('1', 40), '0x' || repeat('2', 40), '{"endpoints": ["MCP"]}');
insert into erc8004_reputation (agent_uuid, client_address, value, value_decimals, tag1, chain)
select id, '0x' || repeat('3', 40), 9977, 2, 'uptime', 'base' from erc8004_agents;
select refresh_erc8004_stats();
select
  s.average_score::float8,
  s.trust_level,
  f.services,
  told::json ->> 'trust_level',
  reputation::json ->> 'total_feedback'
from v_erc8004_agent_stats as s
join erc8004_agent_search as f using (agent_uuid)
cross join lateral erc8004_agent_stats_answer(s.agent_uuid) as told
cross join lateral erc8004_reputation_answer(s.agent_uuid) as reputation;
"""
REGISTERED = [(99.77, "fair", ["mcp"], "fair", "1")]


def test_all_of_it_works_on_postgresql_15(postgres_15):
    assert migrate(postgres_15) == [f"applied {name}" for name in FILES]
    assert read(postgres_15, "show server_version_num")[0][0].startswith("15")
    assert read(postgres_15, REGISTER) == REGISTERED


def test_all_of_it_works_on_the_bundled_postgresql_18(empty):
    migrate(empty)
    assert read(empty, "show server_version_num")[0][0].startswith("18")
    assert read(empty, REGISTER) == REGISTERED


# What a client registered with a token id before there were claims.
BEFORE_CLAIMS = """
insert into erc8004_agents (agent_id, chain, registry_address, owner_address)
values (7, 'base', '0x' || repeat('1', 40), '0x' || repeat('2', 40));
select refresh_erc8004_stats();
"""
AFTER_CLAIMS = """
select a.claimed, s.claimed, v.claimed, f.totals -> 'agents' -> 0 -> 'claimed'
from erc8004_agents as a
join erc8004_agent_search as s on s.agent_uuid = a.id
cross join lateral erc8004_agent_stats_now(a.id) as v
cross join (select totals from erc8004_stats_refreshes order by id desc limit 1) as f
"""


def test_agents_from_before_there_were_claims_are_not_claimed(empty):
    scripts = {name: (ROOT / "sql" / "migrations" / f"{name}.sql").read_text() for name in FILES}
    read(empty, "".join(scripts[name] for name in FILES if name < "0021") + BEFORE_CLAIMS)
    for name in FILES:
        if name >= "0021":
            read(empty, f"{scripts[name]}; select 1")
    assert read(empty, AFTER_CLAIMS) == [(False, False, False, 0)]


def schema(database_url):
    return read(
        database_url,
        """
        select table_name, column_name, data_type, is_nullable
        from information_schema.columns where table_schema = 'public'
        union all
        select conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid)
        from pg_constraint
        where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f')
        union all
        select tablename, indexname, '', indexdef from pg_indexes where schemaname = 'public'
        order by 1, 2, 3, 4
        """,
    )


def test_both_versions_make_the_same_schema(postgres_15, empty):
    migrate(postgres_15)
    migrate(empty)
    assert schema(postgres_15) == schema(empty)


# Keys of one name and the same rights. Those of "a" were rotated by an earlier version, twice;
# those of "b" and "c" only look alike.
KEYS_OF_BEFORE = """
insert into api_keys (id, key, key_prefix, name, tier, scopes, created_at, expires_at)
select id::uuid, encode(sha256(id::bytea), 'hex'), id, name, 'pro', '{read}', began, ends
from (
  values
    ('a', 1, timestamptz '2026-05-01 10:00:00.1', timestamptz '2026-05-04 12:30:00.2'),
    ('a', 2, timestamptz '2026-05-03 12:30:00.2', timestamptz '2026-05-05 13:00:00.3'),
    ('a', 3, timestamptz '2026-05-04 13:00:00.3', timestamptz '2026-08-01 10:00:00.1'),
    ('b', 4, timestamptz '2026-05-01 10:00:00.1', null),
    ('b', 5, timestamptz '2026-05-02 10:00:00.2', timestamptz '2026-06-02 10:00:00.2'),
    ('c', 6, timestamptz '2026-05-01 10:00:00', timestamptz '2026-05-03 10:00:00'),
    ('c', 7, timestamptz '2026-05-02 10:00:00', timestamptz 'infinity')
) as k(name, number, began, ends)
cross join lateral (select '00000000-0000-0000-0000-00000000000' || number) as i(id);
insert into idempotency_keys (api_key_id, idempotency_key, request_hash)
select k.id, 'once-' || right(k.id::text, 1), '' from api_keys as k where k.name = 'a';
"""


def test_keys_that_were_rotated_before_families_become_one(empty):
    connection = psycopg2.connect(empty)
    connection.autocommit = True
    with connection.cursor() as cursor:
        *before, confirm_keys = [
            path for path in sorted((ROOT / "sql/migrations").glob("*.sql")) if path.stem < "0026"
        ]
        for path in before:
            cursor.execute(path.read_text())
        cursor.execute(KEYS_OF_BEFORE)
        cursor.execute(confirm_keys.read_text())
    connection.close()
    number = "right({}::text, 1)::int"
    assert read(
        empty,
        f"""
        select {number.format("id")}, {number.format("family_id")},
          granted_until = case when name = 'a' then '2026-08-01 10:00:00.1' else expires_at end,
          rotated_at is not null
        from api_keys order by id
        """,
    ) == [
        (1, 1, True, True),
        (2, 1, True, True),
        (3, 1, True, False),
        (4, 4, None, False),
        (5, 5, True, False),
        (6, 6, True, False),
        (7, 7, True, False),
    ]
    of_the_first = """
        select idempotency_key from idempotency_keys
        where right(api_key_id::text, 1) = '1' order by 1
    """
    assert read(empty, of_the_first) == [("once-1",), ("once-2",), ("once-3",)]
