"""Lists of feedback in each order, with limits of the score, and their cursors."""

from __future__ import annotations

import itertools
import random
from urllib.parse import urlencode

import pytest

from kamiyo_api.schemas import pages
from tests.support.clients import outcome

CLIENTS = ["0x" + digit * 40 for digit in "abc"]
GIVEN = """
insert into erc8004_reputation (
  agent_uuid, client_address, value, value_decimals, score, tag1, tag2, chain, is_revoked,
  revoked_at, created_at
)
values (
  %s, %s, 1, 0, %s, %s, %s, 'base', %s, case when %s then now() end,
  timestamptz '2026-01-01' + %s * interval '1 minute'
)
"""
SORTS = (None, "-created_at", "created_at", "-score", "score")
LIMITS = (
    {},
    {"min_score": 50},
    {"max_score": 89.99},
    {"min_score": 50, "max_score": 90},
    {"min_score": 33.33, "max_score": 33.33},
    {"max_score": 0},
)
NARROWED = ({}, {"tag1": "starred"}, {"client_address": CLIENTS[0], "tag2": "day"})
REVOKED = ({}, {"include_revoked": "true"})


@pytest.fixture
def agent(make_agent):
    return make_agent()["agent_uuid"]


@pytest.fixture
def given(agent, sql):
    """Feedback with few scores and fewer moments, so that each is there often."""
    dice = random.Random(8004)
    for _ in range(90):
        is_revoked = dice.random() < 0.2
        score = dice.choice([None, 0, 33.33, 50, 89.99, 90, 90, 100])
        tags = dice.choice([None, "starred"]), dice.choice([None, "day"])
        client = dice.choice(CLIENTS)
        sql(GIVEN, agent, client, score, *tags, is_revoked, is_revoked, dice.randrange(30))
    # A trigger computes the scores that are missing.
    sql("update erc8004_reputation set score = null where value = 1 and score = 1")
    return sql(
        """
        select id::text as feedback_id, score::float8, created_at, client_address, tag1, tag2,
          is_revoked
        from erc8004_reputation
        """
    )


def expected(given, asked):
    """The ids that a list shows, in its order."""
    low, high = asked.get("min_score"), asked.get("max_score")
    found = [
        each
        for each in given
        if (not each["is_revoked"] or "include_revoked" in asked)
        and all(each[name] == asked[name] for name in asked if name in each)
        and (low is None or (each["score"] is not None and each["score"] >= low))
        and (high is None or (each["score"] is not None and each["score"] <= high))
    ]
    sort = asked.get("sort", "-created_at")
    found.sort(key=lambda each: (each["created_at"], each["feedback_id"]), reverse=sort[0] == "-")
    if sort == "score":
        found.sort(key=lambda each: 101 if each["score"] is None else each["score"])
    if sort == "-score":
        found.sort(key=lambda each: 1 if each["score"] is None else -each["score"])
    return [each["feedback_id"] for each in found]


@pytest.fixture
def walk(get, agent):
    """Follow the cursors of a list; the ids of all pages."""

    def follow(limit, asked):
        shown, cursor = [], {}
        while cursor.get("cursor", "") is not None:
            query = urlencode({"limit": limit, **asked, **cursor})
            page = get(f"/agents/{agent}/feedback?{query}")
            assert len(page["feedback"]) <= limit
            shown += [each["feedback_id"] for each in page["feedback"]]
            cursor = {"cursor": page["next_cursor"]}
        return shown

    return follow


@pytest.mark.slow
def test_every_walk_shows_what_matches_once_in_its_order(given, walk):
    unscored = sum(each["score"] is None for each in given)
    assert 5 < unscored < 40
    for sort, limits, narrowed, revoked in itertools.product(SORTS, LIMITS, NARROWED, REVOKED):
        asked = {**limits, **narrowed, **revoked} | ({"sort": sort} if sort else {})
        assert walk(7, asked) == expected(given, asked), asked


@pytest.mark.parametrize("sort", SORTS)
def test_feedback_that_arrives_meanwhile_repeats_and_hides_nothing(
    given, walk, get, agent, sort, give_feedback
):
    asked = {"sort": sort} if sort else {}
    first = get(f"/agents/{agent}/feedback?{urlencode({'limit': 5, **asked})}")
    for score in (0, 50, 100):
        give_feedback(agent_uuid=agent, score=score)
    query = urlencode({"limit": 100, **asked, "cursor": first["next_cursor"]})
    second = get(f"/agents/{agent}/feedback?{query}")
    shown = [each["feedback_id"] for each in first["feedback"] + second["feedback"]]
    old = {each["feedback_id"] for each in given}
    assert [each for each in shown if each in old] == expected(given, asked)
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("min_score=-1", "min_score"),
        ("min_score=100.5", "min_score"),
        ("max_score=nan", "max_score"),
        ("max_score=high", "max_score"),
        ("min_score=50&max_score=49", "max_score"),
        ("sort=value", "sort"),
        ("sort=", "sort"),
    ],
)
def test_limit_or_order_that_a_list_does_not_know_is_refused(client, admin, agent, query, field):
    answer = client.get(f"/api/v1/agents/{agent}/feedback?{query}", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == [field]


@pytest.mark.parametrize("asked", ["min_score=0", "max_score=100", "sort=created_at", "sort=score"])
def test_cursor_is_bound_to_the_limits_and_the_order(client, admin, get, given, agent, asked):
    path = f"/agents/{agent}/feedback?limit=1"
    cursors = [get(path)["next_cursor"], get(f"{path}&{asked}")["next_cursor"]]
    assert get(f"{path}&{asked}&cursor={cursors[1]}")["feedback"]
    assert get(f"{path}&sort=-created_at&cursor={cursors[0]}")["feedback"]
    for other, cursor in (
        (f"&{asked}", cursors[0]),
        ("", cursors[1]),
        ("&sort=-score", cursors[1]),
    ):
        answer = client.get(f"/api/v1{path}{other}&cursor={cursor}", headers=admin)
        assert outcome(answer) == (400, "INVALID_CURSOR")


def test_cursor_from_before_there_were_orders_leads_on(get, given, agent):
    first = get(f"/agents/{agent}/feedback?limit=5")["feedback"]
    # The filters of then.
    walk = pages.walk_of("feedback", {"include_revoked": False}, agent)
    moment = first[-1]["created_at"].replace("Z", "+00:00")
    cursor = pages.encode_cursor(walk, moment, first[-1]["feedback_id"])
    page = get(f"/agents/{agent}/feedback?limit=5&cursor={cursor}")
    assert [each["feedback_id"] for each in page["feedback"]] == expected(given, {})[5:10]


@pytest.mark.parametrize("score", ["90", [], {}, True, 1e300])
def test_cursor_with_a_strange_score_is_invalid(client, admin, agent, score):
    walk = pages.walk_of("feedback", {"include_revoked": False, "sort": "score"}, agent)
    uuid = "019fffff-ffff-7fff-bfff-ffffffffffff"
    cursor = pages.encode_cursor(walk, score, "2026-01-01T00:00:00+00:00", uuid)
    path = f"/api/v1/agents/{agent}/feedback?sort=score&cursor={cursor}"
    assert outcome(client.get(path, headers=admin)) == (400, "INVALID_CURSOR")
