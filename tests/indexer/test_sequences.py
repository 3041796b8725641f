"""What is missing between the events shows in them, also after a restart and after a projection."""

from __future__ import annotations

import pytest

from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.projector import project
from tests.support.chain_logs import (
    IDENTITY,
    REPUTATION,
    VALIDATION,
    feedback,
    registration,
    response,
    revoked,
    transfer,
    uri_updated,
    uri_written,
)
from tests.support.reading import CLIENT, OWNER, journal, logs_of

OTHER = "0x" + "d3" * 20
CURSOR = "select c.checked_block, c.error_code, c.error_detail from erc8004_chain_cursors as c"
CONTRACTS = (IDENTITY, REPUTATION, VALIDATION)

# Blocks with a log that cannot be without the one that was lost, and what is said of it.
INCOMPLETE = {
    "a registration": ([registration(41, OWNER)], "the mint of 40 before 41"),
    "a mint": (registration(40, OWNER)[1:], "the mint before Registered"),
    "a Registered": (registration(40, OWNER)[:1], "the Registered after a mint"),
    "a wallet": (registration(40, OWNER)[:-1], "the MetadataSet after Registered"),
    "an update of metadata": (uri_updated(3, b"data:,")[1:], "the MetadataUpdate before"),
    "a transfer": ([transfer(1, OTHER, CLIENT)], "a Transfer before this one"),
    "feedback": ([feedback(3, CLIENT, 3)], "feedback 2 before 3"),
    "the first feedback": ([feedback(3, OTHER, 2)], "feedback 1 before 2"),
    "feedback that is revoked": ([revoked(3, CLIENT, 2)], "feedback 2 before what refers to it"),
    "feedback that is answered": (
        [response(3, OTHER, 1, OWNER, b"")],
        "feedback 1 before what refers to it",
    ),
}


def flat(logs):
    return [log for each in logs for log in (each if isinstance(each, list) else [each])]


@pytest.mark.parametrize("name", INCOMPLETE)
@pytest.mark.parametrize("is_known", ["at once", "after a restart", "after a projection"])
def test_lost_event_stops_the_reading(chain, read, sql, name, is_known):
    logs, reason = INCOMPLETE[name]
    if is_known != "at once":
        for _ in range(8):
            chain.add()
        read(chain)
    if is_known == "after a projection":
        project("base")
    chain.add(flat(logs))
    for _ in range(8):
        chain.add()
    with pytest.raises(Stop) as stopped:
        read(chain)
    assert stopped.value.code == "LOGS_MISSING"
    assert reason in stopped.value.detail
    (cursor,) = sql(CURSOR)
    assert cursor["error_code"] == "LOGS_MISSING"
    assert cursor["checked_block"] < chain.blocks[-9].number


COMPLETE = {
    "the next agent": registration(40, OWNER),
    "an agent that its receiver moves inside the mint": registration(
        40, OWNER, b"data:,", transfer(40, OWNER, OTHER), transfer(40, OTHER, OWNER)
    ),
    "two agents at once": registration(40, OWNER) + registration(41, OWNER, b"x"),
    "one registered inside the mint of another": registration(
        40, OWNER, b"", *registration(41, OTHER)
    ),
    "transfers": [transfer(1, OWNER, OTHER), transfer(1, OTHER, OTHER), transfer(1, OTHER, OWNER)],
    "feedback": [feedback(3, CLIENT, 2), feedback(3, OTHER, 1), feedback(3, CLIENT, 3)],
    "what refers to feedback": [revoked(3, CLIENT, 1), response(3, CLIENT, 1, OTHER, b"")],
    "an update without a URI": [uri_written(3), uri_written(4)],
}


@pytest.mark.parametrize("name", COMPLETE)
@pytest.mark.parametrize("is_known", ["at once", "after a restart", "after a projection"])
def test_complete_events_are_checked(chain, read, sql, name, is_known):
    if is_known != "at once":
        for _ in range(8):
            chain.add()
        read(chain)
    if is_known == "after a projection":
        project("base")
    chain.add(COMPLETE[name])
    for _ in range(8):
        chain.add()
    read(chain)
    assert sql(CURSOR)[0]["checked_block"] == chain.blocks[-9].number
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_chain_with_a_gap_is_read_on(chain, read, sql):
    from_block = chain.blocks[10].number
    read(chain, from_block=from_block)
    assert sql(CURSOR)[0]["checked_block"] == chain.blocks[-9].number


def test_node_without_any_logs_is_not_believed(chain, read, sql):
    chain.behave(lost=frozenset(block.number for block in chain.blocks))
    with pytest.raises(Stop) as stopped:
        read(chain)
    assert stopped.value.code == "LOGS_MISSING"


def test_tables_of_an_earlier_reading_do_not_matter(chain, read, sql):
    for _ in range(8):
        chain.add()
    read(chain)
    project("base")
    sql(
        "delete from erc8004_chain_cursors; delete from erc8004_chain_logs; "
        "delete from erc8004_chain_blocks"
    )
    read(chain)
    assert journal(sql) == logs_of(chain, CONTRACTS)
