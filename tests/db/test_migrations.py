"""Migrations: harmless to repeat, from two machines at once, on PostgreSQL 15 and 18."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from kamiyo_api.dev.databases import embedded_postgres
from tests.support import ROOT
from tests.support.programs import needed_file

pytestmark = pytest.mark.slow

SQL = ROOT / "sql"
POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
STATE_27 = (ROOT / "tests" / "db" / "state_27.sql").read_text()


def names(folder):
    return [f"{folder}/{path.stem}" for path in sorted((SQL / folder).glob("*.sql"))]


OF_A_NEW_DATABASE = names("tables") + names("functions")
OF_AN_UPGRADE = names("migrations") + names("functions")


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


def applied(files):
    return [f"applied {name}" for name in files]


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


@pytest.fixture(scope="module")
def postgres_15(tmp_path_factory):
    """The address of an empty database on PostgreSQL 15."""
    needed_file(POSTGRES_15)
    folder = tmp_path_factory.mktemp("postgres-15")
    with embedded_postgres(folder, throwaway=True, bin_dir=POSTGRES_15) as address:
        yield address


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


def load(database_url, script):
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


def catalog(database_url):
    """Everything that a schema is made of."""
    return read(database_url, CATALOG)


@pytest.fixture(params=["postgresql 15", "postgresql 18"])
def pair(request, servers):
    """The addresses of two empty databases on one server, of each version that is supported."""
    if request.param == "postgresql 18":
        address = servers.database_url
    else:
        address = request.getfixturevalue("postgres_15")
    connection = psycopg2.connect(address)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("create database older")
        cursor.execute("create database newer")
        yield [address.replace("/kamiyo?", f"/{name}?") for name in ("older", "newer")]
        cursor.execute("drop database older with (force)")
        cursor.execute("drop database newer with (force)")
    connection.close()


def test_upgraded_database_has_the_catalog_of_a_new_one(pair):
    older, newer = pair
    load(older, STATE_27)
    assert migrate(older) == applied(OF_AN_UPGRADE)
    migrate(newer)
    assert catalog(older) == catalog(newer)
    assert read(older, CHAINS) == read(newer, CHAINS)
    assert read(older, NAMES) == read(newer, NAMES)
    assert read(older, REGISTRIES) == read(newer, REGISTRIES)


CHAINS = "select to_jsonb(c) from erc8004_chains as c order by c.name"
NAMES = "select n.name, n.chain from erc8004_chain_names as n order by n.name"
REGISTRIES = "select to_jsonb(r) from erc8004_registries as r order by r.chain, r.address"
# What operators may have added before names were unique: an alias of today, a name that is the id
# of another chain, a name in other letters, and names that differ only in case.
ADDED = """
delete from erc8004_chains where name = 'goat';
insert into erc8004_chains select names.name, 900000 + row_number() over (), true,
  '0x' || repeat('1', 40), '0x' || repeat('2', 40), '0x' || repeat('3', 40)
from unnest(
  array['bnb', '8453', 'Base', 'My Chain', 'my-chain', 'цепь', repeat('x', 99)]
) as names (name)
returning name;
"""


def test_chains_that_operators_added_keep_what_is_theirs_after_an_upgrade(pair):
    older, _ = pair
    load(older, STATE_27)
    read(older, ADDED)
    migrate(older)
    names = dict(read(older, NAMES))
    assert (names["bnb"], names["bnb-chain"]) == ("bnb", "bsc")
    assert (names["8453"], names["eip155:8453"]) == ("base", "base")
    assert names["my-chain"] in ("My Chain", "my-chain")
    assert names["900007"] == "x" * 99
    assert names["base"] == "base"
    assert "goat-network" not in names


# What the API answers, but for the moment of the answer and what upgrades added.
ANSWERS = """
select
  a.id::text,
  (select s::jsonb - 'as_of' from erc8004_agent_stats_answer(a.id) as s),
  (select r::jsonb - 'as_of' from erc8004_reputation_answer(a.id) as r),
  (select to_jsonb(v) from v_erc8004_agent_stats as v where v.agent_uuid = a.id),
  (select p.agents::jsonb from erc8004_found_page(array[a.id], 1) as p),
  (select to_jsonb(f) - 'words' from erc8004_agent_search as f where f.agent_uuid = a.id)
from erc8004_agents as a
order by a.id
"""


def test_upgraded_database_answers_as_before_and_as_a_new_one_with_its_data(pair):
    older, newer = pair
    load(older, STATE_27)
    before = without_levels(read(older, ANSWERS))
    assert len(before) == 13
    migrate(older)
    assert of_then(before, read(older, ANSWERS)) == before
    migrate(newer)
    load(newer, rows_of(STATE_27))
    assert of_then(before, read(newer, ANSWERS)) == before
    for address in pair:
        read(address, "select refresh_erc8004_stats()")
    assert read(newer, ANSWERS) == read(older, ANSWERS)
    for address in pair:
        read(address, "select refresh_erc8004_stats(true)")
    assert read(newer, ANSWERS) == read(older, ANSWERS)


def without_levels(answers):
    """Answers without the levels, whose rule is another since: the next refresh computes them."""
    if isinstance(answers, dict):
        return {n: without_levels(each) for n, each in answers.items() if n != "trust_level"}
    if isinstance(answers, list | tuple):
        return type(answers)(without_levels(each) for each in answers)
    return answers


def of_then(before, now):
    """What is answered now, without the fields that were not answered before."""
    if isinstance(before, dict):
        return {name: of_then(value, now[name]) for name, value in before.items()}
    if isinstance(before, list | tuple):
        return type(before)(of_then(*each) for each in zip(before, now, strict=True))
    return now


OWNERS_WORDS = """
select active, skill_words, domain_words, x402
from erc8004_agent_search
order by agent_uuid
"""


def test_upgrade_reads_the_files_that_are_stored_anew(empty):
    load(empty, STATE_27)
    file = '{"active": "no", "skills": ["Code Review"], "domains": ["Law"], "x402Support": "yes"}'
    read(empty, f"update erc8004_agents set registration_file = '{file}' returning 1")
    migrate(empty)
    assert set(map(repr, read(empty, OWNERS_WORDS))) == {
        repr((False, ["code_review"], ["law"], True))
    }


def rows_of(dump):
    """The rows of a dump alone, to be loaded as they are into another database."""
    inserts = [line for line in dump.splitlines() if line.startswith("INSERT INTO")]
    of_the_new = ("schema_migrations", "erc8004_chains", "erc8004_tag_scales", "stats_refreshes")
    kept = [line for line in inserts if not any(table in line[:60] for table in of_the_new)]
    views = "mv_erc8004_agent_reputation", "mv_erc8004_agent_payment_stats"
    refresh = [f"refresh materialized view {view};" for view in views]
    return "\n".join(
        [
            "set session_replication_role = replica;",
            *[f"alter table {column} drop not null;" for column in NEWER],
            *kept,
            OF_THE_AGENT,
            *[f"alter table {column} set not null;" for column in NEWER],
            *refresh,
        ]
    )


# What rows have had only since the dump. The first refresh counts the changes of that time anew.
NEWER = [
    "erc8004_agent_search alter column registry_address",
    "erc8004_feedback_changes alter column is_rating",
    "erc8004_payment_changes alter column chain",
]
OF_THE_AGENT = """
update erc8004_reputation as r set is_measurement = true
from erc8004_tag_scales as s
where s.tag = r.tag1 and s.kind = 'measurement' and r.score is not null;
update erc8004_feedback_changes set is_rating = true;
update erc8004_payment_changes set chain = 'base';
update erc8004_stats_refreshes set rule_version = null;
update erc8004_agent_search as s
set registry_address = a.registry_address, is_testnet = c.is_testnet
from erc8004_agents as a
join erc8004_chains as c on c.name = a.chain
where a.id = s.agent_uuid;
update erc8004_agents set source = 'import' where not claimed and agent_id < 2::numeric ^ 256;
"""
