"""Blocks that are given up on, because no provider answers for them."""

from __future__ import annotations

import pytest

from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.journal import Journal
from tests.support.chain_logs import FIRST_BLOCK, IDENTITY, REPUTATION, VALIDATION
from tests.support.reading import SECRET, journal, logs_of

CONTRACTS = (IDENTITY, REPUTATION, VALIDATION)
CURSOR = "select c.read_block, c.checked_block from erc8004_chain_cursors as c"
REFUSED = FIRST_BLOCK + 9


@pytest.fixture
def refusing(chain, read):
    """A chain whose provider refuses a block, at which the reading stopped."""
    chain.behave(refused=frozenset({REFUSED}))
    with pytest.raises(Stop) as stopped:
        read(chain)
    assert stopped.value.code == "RANGE_REFUSED"
    return chain


def without(logs, first, last):
    return [log for log in logs if not first <= log[0] <= last]


@pytest.mark.parametrize("last", [REFUSED, REFUSED + 3])
def test_reading_goes_on_behind_blocks_that_are_given_up_on(refusing, read, sql, last):
    Journal("base").give_up(REFUSED, last, "given up on")
    read(refusing)
    assert journal(sql) == without(logs_of(refusing, CONTRACTS), REFUSED, last)
    (cursor,) = sql(CURSOR)
    assert cursor["read_block"] == refusing.blocks[-1].number
    assert cursor["checked_block"] == refusing.blocks[-1].number - 8


def test_second_look_that_is_refused_can_be_given_up_on(chain, read, sql):
    read(chain, finality="20")
    final = chain.blocks[-1].number - 8
    chain.behave(refused=frozenset({final - 2}))
    with pytest.raises(Stop):
        read(chain, finality="8")
    Journal("base").give_up(final - 2, final - 2, "given up on")
    read(chain, finality="8")
    assert sql(CURSOR)[0]["checked_block"] == final
    assert journal(sql) == without(logs_of(chain, CONTRACTS), final - 2, final - 2)


def test_gap_says_why_wherever_operators_look(refusing, read, get, sql, app):
    arguments = ["index-chain", "base", "--skip", f"{REFUSED}-{REFUSED + 1}"]
    done = app.test_cli_runner().invoke(args=arguments)
    assert (done.exit_code, "stays visible" in done.output) == (0, True), done.output
    read(refusing)
    base = next(each for each in get("/chains")["chains"] if each["name"] == "base")
    (gap,) = base["following"]["gaps"]
    assert (gap["from_block"], gap["to_block"]) == (REFUSED, REFUSED + 1)
    assert "RANGE_REFUSED" in gap["reason"]
    assert SECRET not in gap["reason"]
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "gaps: 1 of base" in said


@pytest.mark.parametrize("skip", ["", "-1", "5-4", "1-2-3", "x", "9" * 30])
def test_what_is_no_range_is_refused(app, skip):
    done = app.test_cli_runner().invoke(args=["index-chain", "base", f"--skip={skip}"])
    assert (done.exit_code, "no range" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (FIRST_BLOCK, FIRST_BLOCK, "ALREADY_CHECKED"),
        (FIRST_BLOCK + 900, FIRST_BLOCK + 900, "NOT_FINAL_YET"),
    ],
)
def test_blocks_that_are_checked_or_not_final_are_kept(chain, read, sql, first, last, code):
    read(chain)
    with pytest.raises(Stop) as stopped:
        Journal("base").give_up(first, last, "given up on")
    assert stopped.value.code == code
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_chain_that_was_never_read_has_nothing_to_give_up_on(app):
    done = app.test_cli_runner().invoke(args=["index-chain", "celo", "--skip", "5"])
    assert (done.exit_code, "NOT_FINAL_YET" in done.output) == (1, True)
