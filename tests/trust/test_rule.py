"""The trust rule: the database functions return the results of exact fractions for each case."""

from __future__ import annotations

import json

import pytest

from tests.support import database
from tests.trust import cases
from tests.trust.rule import NOW, PUBLIC_STAKE, Reviewer, sums

VECTORS = json.loads(cases.VECTORS.read_text())
SUMMARY = """
select
  s.score, s.middle, s.low, s.high, s.backed, s.backed_mean, s.unpaid_reviewers, s.unpaid_weight,
  s.unpaid_mean, s.effective_reviewers
from erc8004_trust_summary(
  %s::bigint, %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric,
  %s::numeric, %s::numeric
) as s
"""
LEVEL = """
select erc8004_trust_level(
  %s::bigint, %s::numeric, %s::numeric, %s::numeric, %s::boolean
) as level
"""
CAVEATS = """
select erc8004_caveats(
  %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint,
  %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric, to_timestamp(%s),
  to_timestamp(%s), to_timestamp(%s), %s::bigint, %s::numeric, %s::boolean, %s::boolean,
  to_timestamp(%s)
) as caveats
"""
PAIR = """
select
  erc8004_voice(%s::bigint, %s::bigint) as voice,
  (
    select array_agg(erc8004_weight(%s::numeric, %s, %s, s.stake) order by s.stake)
    from unnest(erc8004_stakes()) as s (stake)
  ) as weights
"""


@pytest.fixture(scope="module")
def ask(session_app, servers):
    """Run SQL over one session for all cases, and return the one row."""
    with database.session(servers.database_url) as connection:
        yield lambda statement, *params: database.run(connection, statement, *params)[0]


def summary_at(ask, at_stake):
    return ask(SUMMARY, at_stake["stake"], *at_stake["established"], *at_stake["new"])


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_each_figure_equals_that_of_exact_fractions(ask, case):
    for at_stake in case["expected"]["by_stake"]:
        for name, value in summary_at(ask, at_stake).items():
            expected = at_stake[name]
            assert (value is None) == (expected is None), (at_stake["stake"], name)
            assert value is None or float(value) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_level_and_caveats_are_those_of_the_rule(ask, case):
    record, expected = case["record"], case["expected"]
    found = summary_at(ask, expected["by_stake"][2])
    level = ask(
        LEVEL,
        record["settled"],
        record["success_rate"],
        found["middle"],
        found["high"],
        record["is_testnet"],
    )
    assert level["level"] == expected["level"]
    told = ask(CAVEATS, *caveat_arguments(reviewers_of(record), record, found))
    assert told["caveats"] == expected["caveats"]


def reviewers_of(record):
    return [
        Reviewer(**group["reviewer"])
        for group in record["reviewers"]
        for _ in range(group["times"])
    ]


def caveat_arguments(reviewers, record, found):
    backed = [each.last_rated for each in reviewers if each.net > 0 or each.trusted]
    return (
        len(reviewers),
        sum(each.is_established for each in reviewers),
        sum(each.net > 0 for each in reviewers),
        sum(each.trusted for each in reviewers),
        sum(each.rates_mutually and not each.trusted for each in reviewers),
        sum(len(each.ratings) for each in reviewers),
        record["own_ratings"],
        record["unscored"],
        str(sum(float(each.returned) for each in reviewers)),
        found["backed"],
        found["backed_mean"],
        found["unpaid_reviewers"],
        found["unpaid_mean"],
        2 if record["has_new_owner"] else 1,
        1,
        max(backed, default=None),
        record["settled"],
        record["success_rate"],
        record["is_testnet"],
        record["is_claimed"],
        NOW,
    )


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_voices_and_weights_equal_those_of_exact_fractions(ask, case):
    for group in case["record"]["reviewers"]:
        reviewer = Reviewer(**group["reviewer"])
        cents = [round(float(rating) * 100) for rating in reviewer.ratings]
        net = str(float(reviewer.net))
        pair = ask(PAIR, sum(cents), len(cents), net, reviewer.rates_mutually, reviewer.trusted)
        stakes = [at_stake["stake"] for at_stake in case["expected"]["by_stake"]]
        assert pair["voice"] == reviewer.voice
        assert pair["weights"] == [int(reviewer.share(stake) * stake) for stake in stakes]


def test_vectors_are_those_of_the_cases():
    assert json.loads(json.dumps(cases.vectors())) == VECTORS


def with_crowd(reviewers, size, voice):
    """Return the sums at the public stake over reviewers with a crowd of known and new ones."""
    crowd = [size, size * voice, 0, 0]
    classes = (sums(reviewers, established, PUBLIC_STAKE) for established in (True, False))
    return [int(one) + more for each in classes for one, more in zip(each, crowd, strict=True)]


@pytest.mark.parametrize(
    "paid", [[], cases.paying(3, "85"), cases.paying(40, "97", "0.2")], ids=len
)
def test_no_unpaid_crowd_moves_a_score_by_half_or_an_interval_at_all(ask, paid):
    figures = [
        ask(SUMMARY, PUBLIC_STAKE, *with_crowd([*paid, cases.old("50")], size, voice))
        for size in (0, 1, 10, 100, 1_000, 10_000)
        for voice in (0, 10_000)
    ]
    scores = [figure["score"] for figure in figures]
    assert max(scores) < min(scores) * 3 / 2
    assert len({(figure["low"], figure["middle"], figure["high"]) for figure in figures}) == 1
