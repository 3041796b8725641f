"""Facts of a registry arrive in any order: what it said later counts, by block, then by position
in the block, whichever file tells it first."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.support import factories
from tests.support.imports import AGENTS, counts, line

SELLER, BUYER = f"0x{'5' * 40}", f"0x{'b' * 40}"
STATE = """
select
  agent_id, owner_address, status, claimed, token_uri, registration_file, tx_hash,
  block_number, log_index
from erc8004_agents
order by agent_id
"""


def fact(owner, block=None, index=None, **told):
    """A line that names an owner at a place in the registry's history."""
    place = {"block_number": block, "log_index": index, "tx_hash": None}
    return line(**place | {"owner_address": owner} | told)


@pytest.fixture
def owner(sql):
    """Whom the only agent belongs to now."""

    def read():
        (agent,) = sql(AGENTS)
        return agent["owner_address"]

    return read


def test_older_line_gives_no_sold_agent_back_to_its_seller(run_import, server, admin, sql):
    run_import([fact(SELLER, 100), fact(BUYER, 200, registration_file={"name": "Mine"})])
    before = sql(AGENTS)
    result = run_import([fact(SELLER, 100, registration_file={"name": "Not sold"})])
    assert "0 inserted, 0 updated, 0 unchanged, 1 older, 0 rejected" in counts(result)
    assert sql(AGENTS) == before
    page = server.request("GET", "/api/v1/agents/", headers=admin).json()
    assert [each["owner_address"] for each in page["agents"]] == [BUYER]


# Of two places, the one before the other; of each, what comes of both in either order.
PLACES = [
    ((100, None), (200, None)),
    ((100, 7), (200, 3)),
    ((100, 7), (200, None)),
    ((100, 3), (100, 7)),
    ((100, None), (100, 0)),
    ((None, None), (0, None)),
    ((None, 9), (0, 0)),
    ((9, None), (10, None)),
]


@pytest.mark.parametrize(("earlier", "later"), PLACES)
@pytest.mark.parametrize("files", [1, 2])
@pytest.mark.parametrize("is_reversed", [False, True])
def test_later_place_counts_in_any_order(run_import, owner, earlier, later, files, is_reversed):
    told = [fact(SELLER, *earlier), fact(BUYER, *later)]
    if is_reversed:
        told.reverse()
    for part in [told] if files == 1 else [[each] for each in told]:
        result = run_import(part)
    assert owner() == BUYER
    assert (", 1 older" in counts(result)) == (is_reversed or files == 1)


@pytest.mark.parametrize("place", [(100, 7), (100, None), (None, None)])
@pytest.mark.parametrize("files", [1, 2])
def test_of_one_place_what_is_told_last_counts(run_import, owner, place, files):
    told = [fact(SELLER, *place), fact(BUYER, *place)]
    for part in [told] if files == 1 else [[each] for each in told]:
        result = run_import(part)
    assert owner() == BUYER
    assert ", 0 older" in counts(result)


def test_transaction_of_another_place_does_not_stay(run_import, sql):
    run_import([fact(SELLER, 100, tx_hash=factories.hash32())])
    run_import([fact(SELLER, 200)])
    assert (sql(AGENTS)[0]["block_number"], sql(AGENTS)[0]["tx_hash"]) == (200, None)


def test_older_line_leaves_what_the_owner_said_since(run_import, server, admin, sql):
    run_import([fact(BUYER, 200)])
    (agent,) = sql(AGENTS)
    change = {"status": "suspended", "token_uri": "https://a.b/c"}
    server.request("PATCH", f"/api/v1/agents/{agent['id']}", json=change, headers=admin)
    before = sql(AGENTS)
    run_import([fact(SELLER, 199)])
    assert sql(AGENTS) == before


def test_same_lines_again_change_nothing_and_are_not_older(run_import, sql):
    told = [fact(SELLER, 100, 2, agent_id=number) for number in (3, 1, 2)]
    run_import(told)
    before = sql(AGENTS)
    assert "0 inserted, 0 updated, 3 unchanged, 0 older" in counts(run_import(told))
    assert sql(AGENTS) == before


def test_agent_that_is_told_very_often_is_carried_once(run_import, owner):
    told = [fact(SELLER, block, 1) for block in range(5000)]
    random.Random(7).shuffle(told)
    result = run_import([*told, fact(BUYER, 5000, 0), *told])
    assert "read 10001 lines: 1 inserted, 0 updated, 0 unchanged, 10000 older" in counts(result)
    assert owner() == BUYER


def history(dice):
    """Facts of a few agents at distinct places, each telling everything."""
    places = random.Random(dice.random()).sample(
        [*itertools.product(range(5), [None, *range(4)])], 12
    )
    return [
        fact(
            dice.choice([SELLER, BUYER, OWNERS[number % 3]]),
            *place,
            agent_id=number,
            tx_hash=f"0x{dice.getrandbits(256):064x}",
            token_uri=f"https://a.example/{place}",
            registration_file=dice.choice([None, {"name": str(place)}]),
        )
        for number in range(4)
        for place in places
    ]


OWNERS = [f"0x{digit * 40}" for digit in "def"]


@pytest.mark.parametrize("seed", range(6))
def test_files_in_any_order_end_in_the_same_state(run_import, sql, seed):
    dice = random.Random(seed)
    facts, ends = history(dice), []
    for files in (1, 2, 5):
        sql("delete from erc8004_agents")
        told = dice.sample(facts, len(facts))
        for number in range(files):
            counts(run_import(told[number::files]))
        ends.append(sql(STATE))
    assert ends[0] == ends[1] == ends[2]
    assert len(ends[0]) == 4
