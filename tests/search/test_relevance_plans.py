"""How many of 20,000 agents a page by relevance reads: few, however common a word."""

from __future__ import annotations

import pytest

from kamiyo_api.db.queries import QUERIES, SETTINGS
from kamiyo_api.schemas.search import RANKS, AgentSearch
from kamiyo_api.search import TEXT_COUNTED_UP_TO, TEXT_SORT_LIMIT, search_parameters
from tests.support.plans import AGENTS, nodes, with_words

# A twentieth of the limits of the service, as the agents are a fiftieth of a million.
LIMITS = {"sort_limit": 500, "sample_limit": 50, "scan_limit": 300, "rank_limit": 250}
# Of each word how many of the first ranks have none of the agents, nearly all of which it finds.
COMMON = {"agent": 1, "ag": 1, "frequent": 3, "agent frequent": 3, "frequently": 3}
FILTERS = (
    {"min_average_score": "80"},
    {"min_reputation_score": "95"},
    {"min_success_rate": "90"},
    {"min_feedback": "10"},
    {"min_paying_reviewers": "10"},
    {"min_effective_reviewers": "30"},
    {"x402": "true"},
    {"verified": "true"},
    {"trust_level": ["good"]},
    {"service": "zip"},
)
OF_RANK = "search_by_relevance.list_agents_of_rank"
AT_MOST = AGENTS / 10


@pytest.fixture
def rows_read(crowded):
    """How many rows and entries of indexes a query reads."""

    def explain(query, **params):
        params = with_words(crowded, params)
        explained = f"{SETTINGS[query]} explain (analyze, format json) {QUERIES[query]}"
        crowded.execute(explained, params)
        (plan,) = crowded.fetchone()[0]
        return sum(read_by(node) for node in nodes(plan["Plan"]))

    return explain


def read_by(node):
    """The rows that one scan of the table of searched agents, or of an index of it, reads."""
    if "erc8004_agent_search" not in (node.get("Relation Name", "") + node.get("Index Name", "")):
        return 0
    passed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows = node["Actual Rows"] + sum(node.get(each, 0) for each in passed)
    return rows * node["Actual Loops"]


def asked(q, **others):
    parameters = search_parameters(AgentSearch().load({"q": q})) | LIMITS | others
    parameters.pop("is_corrected")
    return parameters


@pytest.mark.parametrize("q", COMMON)
def test_common_word_is_counted_in_few_rows(rows_read, q):
    """Rows that match are counted up to 3,001; a few of the rows that are read do not match."""
    parameters = asked(q, part="sorted") | {"sort_limit": TEXT_SORT_LIMIT}
    assert rows_read("search.list_agents_by_text", **parameters) < TEXT_COUNTED_UP_TO * 1.2


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_common_word_with_a_filter_reads_few_rows_that_do_not_match(rows_read, crowded, filters):
    search = AgentSearch().load({"q": "frequent", **filters})
    parameters = asked("frequent", part="sorted", **{name: search[name] for name in filters})
    every = {"sort_limit": TEXT_SORT_LIMIT}
    crowded.execute(QUERIES["search.list_agents_by_text"], with_words(crowded, parameters | every))
    total = crowded.fetchone()[0]
    assert 0 < total < AT_MOST
    assert rows_read("search.list_agents_by_text", **parameters | every) < total * 4


@pytest.mark.parametrize("q", COMMON)
def test_ranks_up_to_the_one_that_fills_the_page_read_few_rows(rows_read, q):
    ranks = RANKS[: COMMON[q] + 1]
    read = [rows_read(OF_RANK, **asked(q, part=str(rank), total=501)) for rank in ranks]
    assert 0 < sum(read) < AT_MOST, read


def test_later_page_of_a_common_rank_reads_few_rows(rows_read):
    place = {
        "after_number": 1,
        "after_time": "2026-01-05",
        "after_uuid": "019fffff-ffff-7fff-bfff-ffffffffffff",
        "total": 501,
        "part": "1",
    }
    assert 0 < rows_read(OF_RANK, **asked("agent", **place)) < AT_MOST


def test_last_rank_that_no_agent_of_a_common_word_has_reads_few_rows(rows_read):
    read = rows_read(OF_RANK, **asked("agent", part="3", total=501))
    assert 0 < read < AT_MOST


@pytest.mark.parametrize("part", ["0", "1", "2"])
def test_rare_word_is_found_in_the_index_of_words(rows_read, part):
    parameters = asked("777", part=part, total=501)
    assert rows_read(OF_RANK, **parameters) < AT_MOST
