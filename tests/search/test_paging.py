"""Walking lists page by page: nothing skipped, nothing repeated, while rows arrive."""

from __future__ import annotations

import pytest

from kamiyo_api import search
from tests.support import factories

SORTS = (
    "registered_at",
    "reputation_score",
    "average_score",
    "total_feedback",
    "total_payments",
    "last_activity_at",
)
BOTH_WAYS = [sign + sort for sort in SORTS for sign in ("", "-")]
PLACES = {
    "registered_at": "registered_at",
    "last_activity_at": "last_activity_at",
    "total_feedback": "total_feedback",
    "total_payments": "total_payments",
    "reputation_score": "score",
    "average_score": "average_score",
}


@pytest.fixture
def walk(get):
    """All pages of a list; between two pages, something happens."""

    def pages(path, name, meanwhile=lambda: None):
        shown, cursor = [], ""
        while cursor is not None:
            page = get(f"{path}{cursor and '&cursor='}{cursor}")
            assert len(page[name]) <= page["limit"]
            shown += page[name]
            cursor = page["next_cursor"]
            meanwhile()
        return shown

    return pages


@pytest.fixture(params=[1000, 30, 0], ids=["few", "few at first", "many"])
def crowd(app, sql, request, monkeypatch):
    """Thirty agents with many ties in every sort, some without a score.

    Where the query sorts what it found, where it walks the index of the sort, and where it
    does one after the other, as others arrive.
    """
    for name in ("SORT_LIMIT", "EXPENSIVE_SORT_LIMIT", "TEXT_SORT_LIMIT"):
        monkeypatch.setattr(search, name, request.param)
    factories.insert_agents(sql, 30)
    sql(
        """
        update erc8004_agent_search as s
        set
          registered_at = timestamptz '2026-01-01' + ((agent_id::int %% 4) || ' hours')::interval,
          last_activity_at = timestamptz '2026-02-01' + ((agent_id::int %% 3) || ' s')::interval,
          total_feedback = agent_id::int %% 5,
          total_payments = agent_id::int %% 2,
          average_score = case
            when agent_id::int %% 3 > 0 then 60 + (agent_id::int %% 7) * 0.33
          end,
          score = case when agent_id::int %% 3 > 1 then 80 - (agent_id::int %% 5) * 0.33 end
        """.replace("%%", "%")
    )
    return {row["agent_uuid"] for row in sql("select agent_uuid::text from erc8004_agent_search")}


@pytest.fixture
def arrive(sql):
    """Let agents arrive that sort before, among and after the others."""
    kinds = ((None, 0, "2025-01-01"), (61, 2, "now"), (99, 9, "2027-01-01"))
    coming = [(number, *kind) for number, kind in enumerate(kinds * 4, start=1000)]

    def insert():
        for number, score, count, time in [coming.pop() for _ in kinds if coming]:
            (new,) = sql(
                """
                insert into erc8004_agents
                  (agent_id, chain, registry_address, owner_address, created_at, last_activity_at)
                values (%s, 'base', %s, %s, %s, %s)
                returning id
                """,
                number,
                factories.address(),
                factories.address(),
                time,
                time,
            )
            sql(
                """
                update erc8004_agent_search
                set score = %s, average_score = %s, total_feedback = %s, total_payments = %s
                where agent_uuid = %s
                """,
                *(score, score, count, count, new["id"]),
            )

    return insert


@pytest.mark.slow
@pytest.mark.parametrize("sort", BOTH_WAYS)
@pytest.mark.parametrize("limit", [1, 7])
def test_walk_shows_every_agent_once_while_others_arrive(walk, crowd, arrive, sort, limit):
    shown = walk(f"/agents/?sort={sort}&limit={limit}", "agents", arrive)
    uuids = [each["agent_uuid"] for each in shown]
    assert len(uuids) == len(set(uuids))
    assert crowd <= set(uuids)


@pytest.mark.parametrize("sort", BOTH_WAYS)
def test_walk_is_in_order_and_what_is_unknown_comes_last(walk, crowd, sort):
    shown = walk(f"/agents/?sort={sort}&limit=7", "agents")
    values = [each[PLACES[sort.removeprefix("-")]] for each in shown]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert values == known + [None] * (len(values) - len(known))


@pytest.mark.parametrize("sort", ["average_score", "total_feedback", "total_payments"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_equals_are_in_the_order_of_their_registration(walk, crowd, sort, sign):
    shown = walk(f"/agents/?sort={sign}{sort}&limit=7", "agents")
    times = {}
    for each in shown:
        times.setdefault(each[PLACES[sort]], []).append(each["registered_at"])
    assert max(len(tied) for tied in times.values()) > 5
    assert all(tied == sorted(tied, reverse=sign == "-") for tied in times.values())


@pytest.mark.parametrize("sort", BOTH_WAYS)
def test_offsets_lead_through_the_same_order_as_cursors(get, walk, crowd, sort):
    walked = walk(f"/agents/?sort={sort}&limit=7", "agents")
    pages = [get(f"/agents/?sort={sort}&limit=7&offset={at}")["agents"] for at in range(0, 30, 7)]
    assert [each for page in pages for each in page] == walked


def test_walk_keeps_to_its_filters(walk, crowd, sql):
    matching = sql(
        """
        select agent_uuid::text from erc8004_agent_search
        where total_feedback >= 2 and average_score >= 60.5 and score >= 78
        """
    )
    filters = "min_feedback=2&min_average_score=60.5&min_reputation_score=78"
    path = f"/agents/?{filters}&sort=-reputation_score&limit=1"
    shown = [each["agent_uuid"] for each in walk(path, "agents")]
    assert len(shown) == len(matching) > 2
    assert set(shown) == {each["agent_uuid"] for each in matching}


@pytest.fixture
def agent(make_agent):
    """An agent whose lists are walked."""
    return make_agent()["agent_uuid"]


@pytest.fixture
def lists(agent, give_feedback, link_payment, request_validation):
    """Of each list of an agent: its field, its table, and how a row is added."""
    return {
        "feedback": ("feedback_id", "erc8004_reputation", give_feedback),
        "payments": ("payment_id", "erc8004_agent_payments", link_payment),
        "validations": ("validation_id", "erc8004_validations", request_validation),
    }


@pytest.mark.parametrize("name", ["feedback", "payments", "validations"])
@pytest.mark.parametrize("are_tied", [False, True])
def test_walk_down_a_list_shows_every_row_once_newest_first(
    agent, lists, walk, sql, name, are_tied
):
    key, table, add = lists[name]
    there = [add(agent_uuid=agent)[key] for _ in range(7)]
    if are_tied:
        sql(f"update {table} set created_at = '2026-01-01'")
    shown = walk(f"/agents/{agent}/{name}?limit=3", name, lambda: add(agent_uuid=agent))
    # Ids are ordered by time, so among equals the newest is first, too.
    assert [each[key] for each in shown] == there[::-1]


@pytest.mark.parametrize("name", ["feedback", "payments", "validations"])
def test_list_that_fits_its_page_exactly_has_no_next(agent, get, lists, name):
    _, _, add = lists[name]
    for _ in range(2):
        add(agent_uuid=agent)
    assert get(f"/agents/{agent}/{name}?limit=2")["next_cursor"] is None
    assert get(f"/agents/{agent}/{name}?limit=1")["next_cursor"] is not None


def test_every_page_of_a_walk_tells_what_the_first_counted(crowd, get, make_agent):
    first = get("/agents/?limit=10")
    make_agent()
    second = get(f"/agents/?limit=10&cursor={first['next_cursor']}")
    assert (first["total"], second["total"]) == (30, 30)


@pytest.mark.parametrize("sort", BOTH_WAYS)
@pytest.mark.parametrize(
    "asked",
    [
        "min_reputation_score=0",
        "min_reputation_score=50",
        "min_average_score=0",
        "min_average_score=61",
        "min_paying_reviewers=1",
        "min_effective_reviewers=0.01",
        "min_success_rate=0",
        "min_feedback=1",
        "trust_level=good",
    ],
)
def test_sort_shows_what_a_filter_finds(
    get, make_agent, give_feedback, link_payment, refresh, monkeypatch, asked, sort
):
    unknown, unscored, scored, paid, good = (make_agent()["agent_uuid"] for _ in range(5))
    give_feedback(agent_uuid=unscored, value=1, tag1="uptime-ms")
    give_feedback(agent_uuid=scored, score=61)
    give_feedback(agent_uuid=paid, score=0)
    link_payment(agent_uuid=paid)
    link_payment(agent_uuid=unknown, status="pending")
    for client in [factories.address() for _ in range(5)]:
        give_feedback(agent_uuid=good, score=85, client_address=client)
        link_payment(agent_uuid=good, payer_address=client)
    refresh()
    found = {each["agent_uuid"] for each in get(f"/agents/?{asked}")["agents"]}
    assert found
    for name in ("SORT_LIMIT", "EXPENSIVE_SORT_LIMIT", "TEXT_SORT_LIMIT"):
        monkeypatch.setattr(search, name, 0)
    page = get(f"/agents/?{asked}&sort={sort}")
    assert {each["agent_uuid"] for each in page["agents"]} == found
    assert page["total"] == len(found)
