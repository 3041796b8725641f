"""How PostgreSQL answers the reading queries over 20,000 agents: by an index, not by luck."""

from __future__ import annotations

import psycopg2
import pytest

from kamiyo_api.queries import QUERIES, SQL
from kamiyo_api.schemas.agents import AgentSearch
from kamiyo_api.searching import search_parameters

AGENTS = 20_000
ROWS_OF_ONE_AGENT = 500
TABLES = ("erc8004_agents", "erc8004_agent_search")
NOWHERE = "019fffff-ffff-7fff-bfff-ffffffffffff"
NO_FILTER = {
    "owner_address": None,
    "chain": None,
    "agent_id": None,
    "status": "active",
    "trust_level": None,
    "min_reputation_score": None,
    "min_success_rate": None,
    "min_feedback": None,
    "service": None,
    "x402": None,
    "q": None,
    "sort": "-registered_at",
    "after_uuid": None,
    "total": None,
    "after_time": None,
    "after_number": None,
    "limit": 51,
    "offset": 0,
    "few": 1000,
    "is_after_known": False,
    "part": "known",
    "found_by": None,
}
# Heavy tails as in the real registries: most agents have nothing, few have much.
CROWD = """
insert into erc8004_agents (
  agent_id, chain, registry_address, owner_address, status, registration_file,
  created_at, last_activity_at
)
select
  n,
  case when n % 101 = 0 then 'celo' else 'base' end,
  '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432',
  '0x' || lpad(to_hex((n ^ 0.8)::int), 40, '0'),
  case when n % 47 = 0 then 'suspended' when n % 71 = 0 then 'revoked' else 'active' end,
  jsonb_build_object(
    'name', 'Agent ' || n,
    'description', case when n % 89 = 0 then 'rare' else 'frequent' end,
    'x402Support', n % 60 = 0,
    'services', jsonb_build_array(jsonb_build_object(
      'name', case when n % 97 = 0 then 'zip' else 'web' end
    ))
  ),
  timestamptz '2026-01-01' + n * interval '1 minute',
  timestamptz '2026-03-01' + hashtext(n::text) % 1000000 * interval '1 second'
from generate_series(1, {agents}) as n;

update erc8004_agent_search as s
set
  total_feedback = case when agent_id % 3 = 0 then (10000 / agent_id)::int + 1 else 0 end,
  average_score = case when agent_id % 3 = 0 then abs(hashtext(agent_id::text)) % 10000 / 100.0 end,
  total_payments = case when agent_id % 20 = 0 then (10000 / agent_id)::int + 1 else 0 end,
  success_rate = case when agent_id % 20 = 0 then agent_id % 101 end,
  trust_level = case
    when agent_id % 90 = 0 then 'excellent'
    when agent_id % 40 = 0 then 'good'
    when agent_id % 33 = 0 then 'poor'
    when agent_id % 3 = 0 then 'fair'
    else 'new'
  end;

insert into erc8004_reputation (agent_uuid, client_address, value, chain, created_at)
select
  a.id, '0x' || lpad(to_hex(n), 40, '0'), 90, 'base',
  timestamptz '2026-04-01' + n * interval '1 second'
from generate_series(1, {rows}) as n
join erc8004_agents as a on a.agent_id <= 40;

insert into erc8004_agent_payments (agent_uuid, chain, tx_hash, amount_usdc, created_at)
select
  a.id, 'base', '0x' || lpad(to_hex(n * 100 + a.agent_id::int), 64, '0'), 1,
  timestamptz '2026-04-01' + n * interval '1 second'
from generate_series(1, {rows}) as n
join erc8004_agents as a on a.agent_id <= 40;

insert into erc8004_validations (
  agent_uuid, chain, registry_address, request_hash, validator_address, created_at
)
select
  a.id, 'base', '0x' || repeat('0', 40), '0x' || lpad(to_hex(n * 100 + a.agent_id::int), 64, '0'),
  '0x' || repeat('0', 40), timestamptz '2026-04-01' + n * interval '1 second'
from generate_series(1, {rows}) as n
join erc8004_agents as a on a.agent_id <= 40;
"""


@pytest.fixture(scope="module")
def crowded(servers):
    """A cursor on a database of its own with a crowd of agents."""
    name = "plans"
    admin = psycopg2.connect(servers.database_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"create database {name}")
    connection = psycopg2.connect(servers.database_url, dbname=name)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for path in sorted((SQL / "migrations").glob("*.sql")):
            cursor.execute(path.read_text())
        cursor.execute(CROWD.format(agents=AGENTS, rows=ROWS_OF_ONE_AGENT))
        cursor.execute("vacuum analyze")
        yield cursor
    connection.close()
    with admin.cursor() as cursor:
        cursor.execute(f"drop database {name}")
    admin.close()


@pytest.fixture
def plan(crowded):
    """The nodes of the plan of a query, and of the part of it that makes the page."""

    def explain(query, **params):
        crowded.execute(f"explain (format json) {QUERIES[query]}", params)
        return list(nodes(crowded.fetchone()[0][0]["Plan"]))

    return explain


def nodes(node):
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)


def walk_of(plan):
    """The part of a search that walks an index to the page where many agents match."""
    (walk,) = [node for node in plan if node.get("Alias") == "along"]
    return list(nodes(walk))


def indexes(plan):
    names = {node["Index Name"] for node in plan if "Index Name" in node}
    return {name.removeprefix("ix__erc8004_agent_search__") for name in names}


def whole_tables_read(plan):
    return [
        node["Relation Name"]
        for node in plan
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in TABLES
    ]


SORTS = {
    "registered_at": "registered",
    "-registered_at": "registered",
    "last_activity_at": "last_activity",
    "-last_activity_at": "last_activity",
    "total_feedback": "total_feedback",
    "-total_feedback": "total_feedback",
    "total_payments": "total_payments",
    "-total_payments": "total_payments",
    "reputation_score": "average_score",
    "-reputation_score": "average_score",
}
BY_FIGURE = [sort for sort in SORTS if not sort.endswith("_at")]
PLACES = {
    "after_uuid": NOWHERE,
    "after_time": "2026-01-05",
    "after_number": 50,
    "is_after_known": True,
}
SELECTIVE = {
    "owner": {"owner_address": f"0x{1000:040x}"},
    "chain": {"chain": "celo"},
    "agent_id": {"agent_id": 777},
    "suspended": {"status": "suspended"},
    "revoked": {"status": "revoked"},
    "excellent": {"trust_level": ["excellent"]},
    "good or poor": {"trust_level": ["good", "poor"]},
    "score": {"min_reputation_score": 99.5},
    "success rate": {"min_success_rate": 95},
    "feedback": {"min_feedback": 1000},
    "service": {"service": "ZIP"},
    "x402": {"x402": True},
    "words": {"q": "rare agent"},
    "chain and words": {"chain": "celo", "q": "rare"},
    "x402 and trust": {"x402": True, "trust_level": ["excellent"]},
}
DECIDED_IN_THE_INDEX = {
    "trust": ("trust_level", {"trust_level": ["fair"]}),
    "chain": ("chain", {"chain": "base"}),
    "feedback": ("total_feedback", {"min_feedback": 1}),
    "score": ("average_score", {"min_reputation_score": 50}),
    "success rate": ("success_rate", {"min_success_rate": 0}),
}


@pytest.mark.parametrize("sort", SORTS)
def test_first_page_is_read_from_the_index_of_its_sort(plan, sort):
    walk = walk_of(plan("search.list_agents", **NO_FILTER | {"sort": sort}))
    assert_in_order(walk, SORTS[sort])


@pytest.mark.parametrize("sort", BY_FIGURE)
def test_agents_that_have_no_figure_are_read_in_the_order_of_registration(plan, sort):
    asked = {"sort": sort, "part": "unknown"}
    walk = walk_of(plan("search.list_agents", **NO_FILTER | asked))
    assert_in_order(walk, "registered")


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("query", ["search.list_agents", "search.list_agents_of_many"])
def test_later_page_begins_in_the_index_where_its_cursor_says(plan, sort, query):
    walk = walk_of(plan(query, **NO_FILTER | PLACES | {"sort": sort}))
    assert_in_order(walk, SORTS[sort])
    assert "ROW(" in walk[-1]["Index Cond"]


@pytest.mark.parametrize("sort", BY_FIGURE)
def test_page_of_agents_that_have_no_figure_begins_where_its_cursor_says(plan, sort):
    after = PLACES | {"sort": sort, "is_after_known": False, "part": "unknown"}
    walk = walk_of(plan("search.list_agents_of_many", **NO_FILTER | after))
    assert_in_order(walk, "registered")
    assert "ROW(" in walk[-1]["Index Cond"]


@pytest.mark.parametrize("name", ["trust", "chain", "feedback", "score", "success rate"])
@pytest.mark.parametrize("sort", SORTS)
def test_walk_passes_agents_that_do_not_match_without_fetching_them(plan, name, sort):
    column, filters = DECIDED_IN_THE_INDEX[name]
    walk = walk_of(plan("search.list_agents", **NO_FILTER | filters | {"sort": sort}))
    assert_in_order(walk, SORTS[sort])
    assert column in walk[-1]["Index Cond"]


@pytest.mark.parametrize("name", ["trust", "chain", "success rate"])
@pytest.mark.parametrize("sort", BY_FIGURE)
def test_walk_passes_agents_that_have_no_figure_in_the_same_way(plan, name, sort):
    column, filters = DECIDED_IN_THE_INDEX[name]
    asked = filters | {"sort": sort, "part": "unknown"}
    walk = walk_of(plan("search.list_agents", **NO_FILTER | asked))
    assert_in_order(walk, "registered")
    assert column in walk[-1]["Index Cond"]


def assert_in_order(walk, index):
    """That a walk reads one index, whose order is the one that is asked for."""
    assert indexes(walk) == {index}
    assert "Sort" not in {node["Node Type"] for node in walk}


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"min_reputation_score": 0}, "average_score"),
        ({"min_feedback": 1}, "total_feedback"),
        ({"min_feedback": 1, "min_reputation_score": 0, "chain": "base"}, "average_score"),
    ],
)
def test_agents_that_have_a_figure_are_found_in_its_index(plan, asked, index):
    search = search_parameters(AgentSearch().load(asked)) | {"part": "known", "few": 1000}
    (few,) = [
        node
        for node in plan("search.list_agents", **search)
        if node.get("Subplan Name") == "CTE few"
    ]
    assert_in_order(list(nodes(few)), index)


@pytest.mark.parametrize("name", SELECTIVE)
@pytest.mark.parametrize("sort", SORTS)
def test_selective_filter_reads_no_whole_table(plan, name, sort):
    found = plan("search.list_agents", **NO_FILTER | SELECTIVE[name] | {"sort": sort})
    assert whole_tables_read(found) == []


@pytest.mark.parametrize("name", SELECTIVE)
def test_selective_filter_finds_some_and_not_many(crowded, name):
    found = NO_FILTER | SELECTIVE[name]
    crowded.execute(QUERIES["search.list_agents"], found)
    total = crowded.fetchone()[0]
    assert 0 < total < AGENTS / 15


LISTS = {
    "feedback.list_by_agent": "ix__erc8004_reputation__agent_created",
    "payments.list_by_agent": "ix__erc8004_agent_payments__agent_created",
    "validations.list_by_agent": "ix__erc8004_validations__agent_created",
}


@pytest.mark.parametrize("query", LISTS)
@pytest.mark.parametrize("after_id", [None, NOWHERE])
def test_page_of_a_list_is_read_from_one_index_without_a_sort(crowded, plan, query, after_id):
    crowded.execute("select id from erc8004_agents where agent_id = 7")
    (agent_uuid,) = crowded.fetchone()
    found = plan(
        query,
        agent_uuid=agent_uuid,
        after_time=after_id and "2026-04-01 00:05",
        after_id=after_id,
        limit=51,
        client_address=None,
        tag1=None,
        tag2=None,
        include_revoked=False,
    )
    limit, scan = found[:2]
    assert (limit["Node Type"], scan["Index Name"]) == ("Limit", LISTS[query])
    assert ("ROW(" in scan["Index Cond"]) == (after_id is not None)
