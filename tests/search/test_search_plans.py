"""How PostgreSQL searches 20,000 agents: by an index, not by luck."""

from __future__ import annotations

import pytest

from kamiyo_api.db.queries import QUERIES, SETTINGS
from kamiyo_api.schemas.search import AgentSearch
from kamiyo_api.search import NO_TEXT, parts_to_scan, query_of_few, search_parameters
from tests.support.plans import AGENTS, NOWHERE, nodes, with_words

TABLES = ("erc8004_agents", "erc8004_agent_search")
NO_FILTER = {
    "owner_address": None,
    "chain": None,
    "registry_address": None,
    "agent_id": None,
    "status": "active",
    "claimed": False,
    "active": True,
    "testnet": False,
    "trust_level": None,
    "min_reputation_score": None,
    "min_average_score": None,
    "min_effective_reviewers": None,
    "min_paying_reviewers": None,
    "min_success_rate": None,
    "min_feedback": None,
    "service": None,
    "skill": None,
    "domain": None,
    "x402": None,
    "verified": None,
    "q": None,
    "endpoint": None,
    "wallet": None,
    "collapse": None,
    "rank_limit": 5000,
    "sample_limit": 1000,
    "scan_limit": 12000,
    "sort": "-registered_at",
    "after_uuid": None,
    "total": None,
    "after_time": None,
    "after_number": None,
    "limit": 51,
    "offset": 0,
    "sort_limit": 1000,
    "counted_up_to": 10000,
    "is_after_known": False,
    "part": "known",
    "driving_column": None,
    "counts_first": False,
}


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
    "reputation_score": "score",
    "-reputation_score": "score",
    "average_score": "average_score",
    "-average_score": "average_score",
}
BY_FIGURE = [sort for sort in SORTS if not sort.endswith("_at")]
PLACES = {
    "after_uuid": NOWHERE,
    "after_time": "2026-01-05",
    "after_number": 50,
    "is_after_known": True,
}
REGISTRY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
OTHER = "0x" + "7" * 40
SELECTIVE = {
    "owner": {"owner_address": f"0x{1000:040x}"},
    "chain": {"chain": "celo"},
    "registry": {"registry_address": OTHER},
    "agent_id": {"agent_id": 777},
    "agent": {"chain": "base", "registry_address": REGISTRY, "agent_id": 777},
    "registry and words": {"registry_address": OTHER, "q": "agent"},
    "suspended": {"status": "suspended"},
    "revoked": {"status": "revoked"},
    "claimed": {"claimed": True},
    "excellent": {"trust_level": ["excellent"]},
    "good or poor": {"trust_level": ["good", "poor"]},
    "score": {"min_reputation_score": 99.5},
    "average": {"min_average_score": 99.5},
    "paying reviewers": {"min_paying_reviewers": 90},
    "effective reviewers": {"min_effective_reviewers": 33},
    "success rate": {"min_success_rate": 95},
    "feedback": {"min_feedback": 1000},
    "service": {"service": "ZIP"},
    "inactive": {"active": False},
    "testnet": {"testnet": True},
    "skill": {"skill": "rare skill"},
    "domain": {"domain": "finance/rare"},
    "skill and words": {"skill": "rare skill", "q": "frequent"},
    "x402": {"x402": True},
    "verified": {"verified": True},
    "words": {"q": "rare agent"},
    "chain and words": {"chain": "celo", "q": "rare"},
    "x402 and trust": {"x402": True, "trust_level": ["excellent"]},
}
DECIDED_IN_THE_INDEX = {
    "claimed": ("claimed", {}),
    "testnet": ("is_testnet", {}),
    "trust": ("trust_level", {"trust_level": ["fair"]}),
    "chain": ("chain", {"chain": "base"}),
    "feedback": ("total_feedback", {"min_feedback": 1}),
    "score": ("score", {"min_reputation_score": 50}),
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


@pytest.mark.parametrize(
    "name", ["claimed", "testnet", "trust", "chain", "feedback", "score", "success rate"]
)
@pytest.mark.parametrize("sort", SORTS)
def test_walk_passes_agents_that_do_not_match_without_fetching_them(plan, name, sort):
    column, filters = DECIDED_IN_THE_INDEX[name]
    walk = walk_of(plan("search.list_agents", **NO_FILTER | filters | {"sort": sort}))
    assert_in_order(walk, SORTS[sort])
    assert column in walk[-1]["Index Cond"]


@pytest.mark.parametrize("name", ["claimed", "testnet", "trust", "chain", "success rate"])
@pytest.mark.parametrize("sort", BY_FIGURE)
def test_walk_passes_agents_that_have_no_figure_in_the_same_way(plan, name, sort):
    column, filters = DECIDED_IN_THE_INDEX[name]
    asked = filters | {"sort": sort, "part": "unknown"}
    walk = walk_of(plan("search.list_agents", **NO_FILTER | asked))
    assert_in_order(walk, "registered")
    assert column in walk[-1]["Index Cond"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("chain", [None, "base"])
def test_registry_of_nearly_all_agents_is_read_in_the_order_of_the_sort(plan, sort, chain):
    asked = {"registry_address": REGISTRY, "chain": chain, "sort": sort}
    walk = walk_of(plan("search.list_agents", **NO_FILTER | asked))
    assert_in_order(walk, SORTS[sort])


def assert_in_order(walk, index):
    """That a walk reads one index, whose order is the one that is asked for."""
    assert indexes(walk) == {index}
    assert "Sort" not in {node["Node Type"] for node in walk}


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({"min_reputation_score": 0}, "score"),
        ({"min_average_score": 0}, "average_score"),
        ({"min_paying_reviewers": 1}, "paying_reviewers"),
        ({"min_effective_reviewers": 1}, "effective_reviewers"),
        ({"min_feedback": 1}, "total_feedback"),
        ({"min_feedback": 1, "min_reputation_score": 0, "chain": "base"}, "score"),
        # Of two figures, the one that fewer agents have.
        ({"min_average_score": 0, "min_paying_reviewers": 1}, "paying_reviewers"),
        ({"min_reputation_score": 0, "min_effective_reviewers": 1}, "effective_reviewers"),
    ],
)
def test_agents_that_have_a_figure_are_found_in_its_index(plan, asked, index):
    search = search_parameters(AgentSearch().load(asked)) | {"part": "known", "sort_limit": 1000}
    (candidates,) = [
        node
        for node in plan("search.list_agents", **search)
        if node.get("Subplan Name") == "CTE candidates"
    ]
    assert_in_order(list(nodes(candidates)), index)


WIDE = [{}, {"chain": "base"}, {"trust_level": ["new", "fair"]}, {"min_effective_reviewers": 1}]


@pytest.mark.parametrize("asked", WIDE, ids=str)
def test_many_agents_are_counted_by_an_index_alone_and_not_read_to_be_sorted(crowded, asked):
    search = search_parameters(AgentSearch().load(asked)) | NO_TEXT | {"part": "known"}
    query = f"explain (analyze, format json) {QUERIES['search.list_agents']}"
    crowded.execute(f"{SETTINGS['search.list_agents']} {query}", search | {"sort_limit": 1000})
    plan = list(nodes(crowded.fetchone()[0][0]["Plan"]))
    (counted,) = (node for node in plan if node.get("Subplan Name") == "CTE counted_first")
    scans = {node["Node Type"] for node in nodes(counted) if "Relation Name" in node}
    assert scans == {"Index Only Scan"}
    (candidates,) = (node for node in plan if node.get("Subplan Name") == "CTE candidates")
    assert candidates["Actual Rows"] == 0
    assert all(node["Actual Loops"] == 0 for node in nodes(candidates) if "Relation Name" in node)


@pytest.mark.parametrize("name", ["chain", "trust_level", "min_feedback", "owner_address"])
def test_count_is_first_only_where_an_index_has_every_filter(name):
    value = {"chain": "base", "trust_level": ["fair"], "min_feedback": 1, "owner_address": OTHER}
    search = AgentSearch().load({name: value[name]})
    assert search_parameters(search)["counts_first"] is (name != "owner_address")
    assert search_parameters(search | {"collapse": "owner"})["counts_first"] is False
    assert search_parameters(search | {"q": "agent"})["counts_first"] is False


@pytest.mark.parametrize("asked", [{"chain": "base"}, {"trust_level": ["fair"]}], ids=str)
def test_index_of_a_filter_that_many_agents_match_is_not_read_beside_that_of_words(plan, asked):
    search = NO_FILTER | asked | {"q": "topic77", "sort": "relevance", "part": "sorted"}
    found = plan("search.list_agents_by_text", **search)
    assert indexes(found) - {"pk__erc8004_agent_search"} == {"words"}


def test_reviewers_who_paid_leave_no_agent_without_payments_to_look_for():
    search = AgentSearch().load({"min_paying_reviewers": 1, "sort": "total_payments"})
    assert parts_to_scan(search, search_parameters(search)) == ["known"]


@pytest.mark.parametrize("name", SELECTIVE)
@pytest.mark.parametrize("sort", SORTS)
def test_selective_filter_reads_no_whole_table(plan, name, sort):
    search = NO_FILTER | SELECTIVE[name] | {"sort": sort}
    found = plan(query_of_few(search), **search)
    assert whole_tables_read(found) == []


@pytest.mark.parametrize("name", SELECTIVE)
def test_selective_filter_finds_some_and_not_many(crowded, name):
    found = with_words(crowded, NO_FILTER | SELECTIVE[name])
    crowded.execute(QUERIES[query_of_few(found)], found)
    total = crowded.fetchone()[0]
    assert 0 < total < AGENTS / 15
