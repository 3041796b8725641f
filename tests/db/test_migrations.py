"""Migrations: harmless to repeat, from two machines at once, on PostgreSQL 15 and 18."""

from __future__ import annotations

import pytest

from tests.support.migrating import (
    OF_A_NEW_DATABASE,
    SQL,
    STATE_27,
    applied,
    catalog,
    load,
    migrate,
    names,
    read,
    said_by,
    start_migrate,
)

pytestmark = pytest.mark.slow


def versions(database_url):
    rows = read(database_url, "select version from schema_migrations order by version")
    return [version for (version,) in rows]


def test_new_database_gets_the_tables_and_functions_and_needs_no_migration(empty):
    assert migrate(empty) == applied(OF_A_NEW_DATABASE)
    assert versions(empty) == [27, *(int(name[11:15]) for name in names("migrations"))]
    assert migrate(empty) == ["the database is up to date"]


def test_two_processes_at_once_share_the_work(empty):
    both = [start_migrate(empty) for _ in range(2)]
    said = sorted((said_by(process) for process in both), key=len)
    assert said == [["the database is up to date"], applied(OF_A_NEW_DATABASE)]


def test_upgrade_that_fails_changes_nothing(empty):
    load(empty, STATE_27)
    # The next migration drops this function last; what it dropped before comes back.
    read(empty, "drop function erc8004_key_lock(uuid); select 1")
    before = catalog(empty)
    process = start_migrate(empty)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "erc8004_key_lock(uuid) does not exist" in errors
    assert catalog(empty) == before
    assert versions(empty)[-1] == 27


def test_payments_with_marked_texts_are_known_to_be_imported(empty):
    load(empty, STATE_27)
    migrate(empty)
    payments = "select count(*) filter (where source = 'import') from erc8004_agent_payments"
    changes = "select count(*) from erc8004_payment_changes"
    assert read(empty, payments) == [(0,)]
    read(
        empty,
        """
        alter table erc8004_agent_payments drop column source;
        update erc8004_agent_payments set unstorable = '{}'
        where id = '00000000-0000-7000-c000-000000000201';
        select 1
        """,
    )
    counted = read(empty, changes)
    (migration,) = (SQL / "migrations").glob("*_say_who_brought_payments.sql")
    load(empty, migration.read_text())
    assert (read(empty, payments), read(empty, changes)) == ([(1,)], counted)


def test_database_that_is_too_old_is_one_line_that_says_what_to_do(empty):
    load(empty, STATE_27)
    read(empty, "delete from schema_migrations where version > 20 returning 1")
    process = start_migrate(empty)
    said, errors = process.communicate()
    assert (process.returncode, said) == (1, "")
    assert errors.startswith("Error: the database is at migration 20,")
    assert "run `flask migrate` of an earlier build" in errors
    assert len(errors.splitlines()) == 1


def test_changed_functions_file_alone_is_applied_again(empty):
    migrate(empty)
    forget = "update schema_functions set sha256 = '' where name = '70_trust' returning 1"
    read(empty, f"drop function erc8004_trust_level cascade; {forget}")
    assert migrate(empty) == ["applied functions/70_trust"]
    assert read(empty, "select erc8004_trust_level(0, null, null, null, false)") == [("new",)]
    assert migrate(empty) == ["the database is up to date"]


def test_wrong_address_is_one_clear_line():
    process = start_migrate("postgresql://postgres@127.0.0.1:1/nowhere")
    said, errors = process.communicate()
    assert (process.returncode, said) == (1, "")
    assert len(errors.splitlines()) <= 3
    assert "check DATABASE_URL" in errors
    assert "Traceback" not in errors


# What an operator relies on, from psql.
REGISTER = """
insert into erc8004_agents (chain, registry_address, owner_address, registration_file)
values ('base', '0x' || repeat('1', 40), '0x' || repeat('2', 40), '{"endpoints": ["MCP"]}');
insert into erc8004_reputation (agent_uuid, client_address, value, value_decimals, tag1, chain)
select id, '0x' || repeat('3', 40), 9977, 2, 'starred', 'base' from erc8004_agents;
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
    assert migrate(postgres_15) == applied(OF_A_NEW_DATABASE)
    assert read(postgres_15, "show server_version_num")[0][0].startswith("15")
    assert read(postgres_15, REGISTER) == REGISTERED


def test_all_of_it_works_on_the_bundled_postgresql_18(empty):
    migrate(empty)
    assert read(empty, "show server_version_num")[0][0].startswith("18")
    assert read(empty, REGISTER) == REGISTERED
