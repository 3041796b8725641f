"""An upgraded database equals a new one, on PostgreSQL 15 and 18."""

from __future__ import annotations

import psycopg2
import pytest

from tests.support.migrating import OF_AN_UPGRADE, STATE_27, applied, catalog, load, migrate, read

pytestmark = pytest.mark.slow


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
