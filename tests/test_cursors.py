"""Walking lists page by page: nothing skipped, nothing repeated, while rows arrive."""

from __future__ import annotations

import base64
import json

import pytest

from kamiyo_api import searching
from tests import factories
from tests.answers import outcome

SORTS = (
    "registered_at",
    "reputation_score",
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
    "reputation_score": "average_score",
}
NOWHERE = "019fffff-ffff-7fff-bfff-ffffffffffff"


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
    for name in ("FEW", "FEW_AT_A_PRICE"):
        monkeypatch.setattr(searching, name, request.param)
    factories.insert_agents(sql, 30)
    sql(
        """
        update erc8004_agent_search as s
        set
          registered_at = timestamptz '2026-01-01' + ((agent_id::int %% 4) || ' hours')::interval,
          last_activity_at = timestamptz '2026-02-01' + ((agent_id::int %% 3) || ' s')::interval,
          total_feedback = agent_id::int %% 5,
          total_payments = agent_id::int %% 2,
          average_score = case when agent_id::int %% 3 > 0 then 60 + (agent_id::int %% 7) * 0.33 end
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
                set average_score = %s, total_feedback = %s, total_payments = %s
                where agent_uuid = %s
                """,
                *(score, count, count, new["id"]),
            )

    return insert


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


@pytest.mark.parametrize("sort", ["reputation_score", "total_feedback", "total_payments"])
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
        where total_feedback >= 2 and average_score >= 60.5
        """
    )
    path = "/agents/?min_feedback=2&min_reputation_score=60.5&sort=-reputation_score&limit=2"
    shown = [each["agent_uuid"] for each in walk(path, "agents")]
    assert len(shown) == len(matching) > 4
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


def cursor_of(*parts):
    """A cursor as the service makes them, with what we say."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


MOMENT = "2026-01-01T00:00:00+00:00"
TAMPERED = {
    "nothing": "",
    "no base64": "!!!",
    "one letter": "a",
    "no JSON": base64.urlsafe_b64encode(b"nothing").decode(),
    "no list": base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "deep": base64.urlsafe_b64encode(b"[" * 200).decode(),
    "beyond ASCII": "é",
    "surrogate": "%ED%A0%80",
    "too few": cursor_of(MOMENT),
    "too many": cursor_of("-registered_at", None, MOMENT, NOWHERE, 1, 2),
    "null": cursor_of(None, None, None, None, None),
}
STRANGE_TIMES = [None, "", "yesterday", 1, [], {}, True, "0001-01-01T00:00:00+23:59"]
STRANGE_NUMBERS = {
    "registered_at": ["90", [], {}, True, 1e300],
    "total_feedback": [None, "1", 1.5, [], {}, True, 10**18 * 9, -(10**20)],
    "reputation_score": ["90", [], {}, True, 1e300],
}
A_NUMBER = {"registered_at": None, "total_feedback": 1, "reputation_score": 90.5}


@pytest.mark.parametrize("tampered", TAMPERED.values(), ids=TAMPERED)
@pytest.mark.parametrize("name", ["", "feedback", "payments", "validations"])
def test_tampered_cursor_is_invalid(client, admin, agent, name, tampered):
    path = f"/api/v1/agents/{agent}/{name}" if name else "/api/v1/agents/"
    answer = client.get(f"{path}?cursor={tampered}", headers=admin)
    assert outcome(answer) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("sort", A_NUMBER)
def test_cursor_that_we_make_here_is_as_the_service_makes_them(client, admin, sort):
    cursor = cursor_of(sort, A_NUMBER[sort], MOMENT, NOWHERE, 1)
    answer = client.get(f"/api/v1/agents/?sort={sort}&cursor={cursor}", headers=admin)
    assert answer.status_code == 200


@pytest.mark.parametrize("sort", A_NUMBER)
@pytest.mark.parametrize("time", STRANGE_TIMES)
def test_cursor_with_a_strange_time_is_invalid(client, admin, sort, time):
    assert_invalid(client, admin, sort, A_NUMBER[sort], time)


@pytest.mark.parametrize(
    ("sort", "number"),
    [(sort, number) for sort, numbers in STRANGE_NUMBERS.items() for number in numbers],
)
def test_cursor_with_a_strange_number_is_invalid(client, admin, sort, number):
    assert_invalid(client, admin, sort, number, MOMENT)


def assert_invalid(client, admin, sort, number, time):
    for sign in ("", "-"):
        cursor = cursor_of(sign + sort, number, time, NOWHERE, 1)
        path = f"/api/v1/agents/?sort={sign}{sort}&cursor={cursor}"
        assert outcome(client.get(path, headers=admin)) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("uuid", [None, 1, "", "x", [], "' or true", NOWHERE + "0"])
def test_cursor_with_a_strange_uuid_is_invalid(client, admin, agent, uuid):
    for path in (
        f"/api/v1/agents/?cursor={cursor_of('-registered_at', None, MOMENT, uuid, 1)}",
        f"/api/v1/agents/{agent}/feedback?cursor={cursor_of(MOMENT, uuid)}",
    ):
        assert outcome(client.get(path, headers=admin)) == (400, "INVALID_CURSOR")


def test_cursor_of_another_sort_is_invalid(client, admin, get, crowd):
    cursor = get("/agents/?sort=total_feedback&limit=1")["next_cursor"]
    answer = client.get(f"/api/v1/agents/?sort=-total_feedback&cursor={cursor}", headers=admin)
    assert outcome(answer) == (400, "INVALID_CURSOR")


def test_every_page_of_a_walk_tells_what_the_first_counted(crowd, get, make_agent):
    first = get("/agents/?limit=10")
    make_agent()
    second = get(f"/agents/?limit=10&cursor={first['next_cursor']}")
    assert (first["total"], second["total"]) == (30, 30)


@pytest.mark.parametrize("total", [-1, None, 1.5, "30", True])
def test_total_that_no_page_told_makes_no_cursor(client, admin, get, crowd, total):
    cursor = get("/agents/?limit=10")["next_cursor"]
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = cursor_of(*parts[:4], total)
    answer = client.get(f"/api/v1/agents/?limit=10&cursor={forged}", headers=admin)
    assert outcome(answer) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("sort", BOTH_WAYS)
@pytest.mark.parametrize(
    "asked",
    [
        "min_reputation_score=0",
        "min_reputation_score=61",
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
    give_feedback(agent_uuid=good, score=75)
    for _ in range(5):
        link_payment(agent_uuid=good)
    refresh()
    found = {each["agent_uuid"] for each in get(f"/agents/?{asked}")["agents"]}
    assert found
    monkeypatch.setattr(searching, "FEW_AT_A_PRICE", 0)
    monkeypatch.setattr(searching, "FEW", 0)
    page = get(f"/agents/?{asked}&sort={sort}")
    assert {each["agent_uuid"] for each in page["agents"]} == found
    assert page["total"] == len(found)
