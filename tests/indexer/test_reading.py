"""The reader: the same journal from every provider, or a stop that says what to do."""

from __future__ import annotations

import threading

import pytest

from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.following import follow
from tests.support import database
from tests.support.chain_logs import FIRST_BLOCK, IDENTITY, REPUTATION, VALIDATION, feedback
from tests.support.reading import CLIENT, OWNER, SECRET, journal, logs_of, registration

CONTRACTS = (IDENTITY, REPUTATION, VALIDATION)
CURSOR = "select c.* from erc8004_chain_cursors as c"
LOGS_WITHOUT_BLOCK = """
select from erc8004_chain_logs as l
where not exists (
  select from erc8004_chain_blocks as b
  where (b.chain, b.block_number, b.block_hash) = (l.chain, l.block_number, l.block_hash)
)
"""
COUNTS = "select c.kind, c.label, c.total from erc8004_chain_counts as c"


def refusal(code, message):
    return {"code": code, "message": message}


# Each leaves the journal of an honest provider.
HARMLESS = {
    "an honest provider": {},
    "ten blocks at once, and it says so": {
        "max_range": 10,
        "refusal": refusal(-32614, "eth_getLogs is limited to a 10 range"),
    },
    "ten blocks at once, and it does not say so": {
        "max_range": 10,
        "refusal": refusal(-32000, "query timeout"),
    },
    "one block at once": {"max_range": 1},
    "few logs at once": {"max_logs": 20, "refusal": refusal(-32602, "Log response size exceeded")},
    "fewer logs than a block has": {"max_logs": 9},
    "a rate": {"status": 429, "status_every": 3},
    "a rate, answered with 403": {"status": 403, "status_every": 4},
    "a rate of calls in a batch": {"limited_calls_every": 3},
    "errors of a proxy": {"status": 502, "status_every": 2},
    "answers that break off": {"broken_every": 3},
    "connections that break off": {"hang_up_every": 3},
    "no batches": {"max_batch": 1},
    "small batches": {"max_batch": 2},
    "batches in another order": {"shuffled": True},
    "batches without the last answer": {"short_batches": True},
    "blocks that are null at times": {"null_blocks_every": 3},
    "logs repeated": {"repeated": True},
    "logs in reverse": {"reversed": True},
    "logs that a reorganisation removed": {"removed": True},
    "logs of other contracts": {"other_contracts": True},
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_provider_leaves_the_same_journal(chain, read, sql, name):
    chain.behave(**HARMLESS[name])
    reader = read(chain)
    assert journal(sql) == logs_of(chain, CONTRACTS)
    head = chain.blocks[-1].number
    (cursor,) = sql(CURSOR)
    assert (cursor["read_block"], cursor["final_block"]) == (head, head - 8)
    assert cursor["checked_block"] == head - 8
    assert bytes(cursor["read_hash"]).hex() == chain.blocks[-1].hash[2:]
    assert cursor["error_code"] is None
    assert reader.cursor is not None
    assert sql(LOGS_WITHOUT_BLOCK) == []


# Each ends loudly; what is checked by then is what an honest provider answers.
HARMFUL = {
    "another chain": ({"chain_id": 1}, "WRONG_CHAIN"),
    "no answers": ({"hang_up_every": 1}, "PROVIDER_UNAVAILABLE"),
    "errors only": ({"status": 500, "status_every": 1}, "PROVIDER_UNAVAILABLE"),
    "broken answers only": ({"broken_every": 1}, "PROVIDER_UNAVAILABLE"),
    "an invalid key": ({"status": 401, "status_every": 1}, "PROVIDER_REFUSED_KEY"),
    "a redirect": ({"status": 302, "status_every": 1}, "PROVIDER_REFUSED_KEY"),
    "rate limits only": ({"status": 429, "status_every": 1}, "PROVIDER_RATE_LIMITED"),
    "limits of every call": ({"limited_calls_every": 1}, "PROVIDER_RATE_LIMITED"),
    "null for every block": ({"null_blocks_every": 1}, "PROVIDER_BEHIND"),
    "a node that is behind": ({"behind": 3}, "PROVIDER_BEHIND"),
    "no answer for one block": ({"max_logs": 2}, "RANGE_REFUSED"),
    "no final block": ({"no_final": True}, "FINALITY_UNKNOWN"),
    "logs of another branch": ({"foreign_hash": True}, "ANSWERS_CONTRADICT"),
    "a block that follows no other": ({"wrong_parent": FIRST_BLOCK + 43}, "ANSWERS_CONTRADICT"),
    "every answer without its last log": ({"last_log_lost_every": 1}, "LOGS_MISSING"),
    "registries of another pair": ({"identity": "0x" + "77" * 20}, "REGISTRIES_DIFFER"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful_provider_stops_the_reading_loudly(chain, read, sql, name):
    behaviour, code = HARMFUL[name]
    chain.behave(**behaviour)
    with pytest.raises(Stop) as stopped:
        read(chain)
    assert stopped.value.code == code
    assert len(stopped.value.cure) > 20
    assert SECRET not in str(stopped.value)
    for cursor in sql(CURSOR):
        assert (cursor["error_code"], cursor["error_detail"]) == (code, stopped.value.detail[:1000])
        checked = cursor["checked_block"]
        assert journal(sql, checked) == logs_of(chain, CONTRACTS, checked)


@pytest.mark.parametrize("name", HARMFUL)
def test_second_provider_takes_over(chain, other_provider, read, sql, name):
    behaviour, _ = HARMFUL[name]
    chain.behave(**behaviour)
    read(chain, other_provider)
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_stopped_reading_goes_on_and_forgets_the_error(chain, read, sql):
    read(chain)
    chain.behave(hang_up_every=1)
    with pytest.raises(Stop):
        read(chain)
    assert sql(CURSOR)[0]["error_code"] == "PROVIDER_UNAVAILABLE"
    chain.behave()
    chain.add(registration(99, OWNER))
    read(chain)
    assert sql(CURSOR)[0]["error_code"] is None
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_second_look_finds_what_the_first_lost(chain, read, sql):
    chain.behave(last_log_lost_every=3, max_range=5)
    read(chain)
    checked = sql(CURSOR)[0]["checked_block"]
    assert journal(sql, checked) == logs_of(chain, CONTRACTS, checked)
    assert "missing_in_first_look" in [row["label"] for row in sql(COUNTS)]


def test_other_provider_finds_what_one_never_had(chain, other_provider, read, sql):
    chain.behave(lost=frozenset({FIRST_BLOCK + 3, FIRST_BLOCK + 20}))
    read(chain, other_provider)
    assert journal(sql) == logs_of(chain, CONTRACTS)


@pytest.mark.parametrize(
    ("depth", "blocks"), [(1, 1), (1, 4), (3, 3), (3, 2), (6, 6), (6, 14), (6, 1)]
)
def test_reorganisation_is_followed(chain, read, sql, depth, blocks):
    read(chain)
    chain.cut(depth)
    for number in range(blocks):
        chain.add([feedback(number, CLIENT, 2)], branch="other")
    read(chain)
    assert journal(sql) == logs_of(chain, CONTRACTS)
    assert (
        sql(
            "select b.block_hash from erc8004_chain_blocks as b where b.block_number > %s",
            chain.blocks[-1].number,
        )
        == []
    )
    label = f"depth {depth}"
    assert ("rollback", label, 1) in [tuple(row.values()) for row in sql(COUNTS)]


def test_reorganisation_below_the_final_block_is_refused(chain, read, sql):
    read(chain)
    before = journal(sql)
    chain.cut(9)
    for _ in range(12):
        chain.add(branch="other")
    with pytest.raises(Stop) as stopped:
        read(chain)
    assert stopped.value.code == "REORGANISED_BELOW_FINAL"
    assert journal(sql) == before


def test_head_becomes_checked_when_it_is_final(chain, read, sql):
    read(chain)
    for agent in range(40, 50):
        chain.add(registration(agent, OWNER))
        read(chain)
    cursor = sql(CURSOR)[0]
    assert cursor["checked_block"] == cursor["final_block"] == chain.blocks[-1].number - 8
    assert journal(sql) == logs_of(chain, CONTRACTS)
    bare = sql(
        "select count(*) as n from erc8004_chain_blocks as b where b.block_number < %s "
        "and not exists (select from erc8004_chain_logs as l "
        "where l.block_number = b.block_number)",
        cursor["checked_block"],
    )
    assert bare[0]["n"] == 0


def test_two_readers_at_once_leave_one_journal(app, chain, reader_for, sql):
    chain.behave(max_range=3)
    failures = []

    def run(reader):
        with app.app_context():
            try:
                follow(reader, once=True)
            except BaseException as failure:
                failures.append(failure)

    threads = [threading.Thread(target=run, args=(reader_for(chain),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_later_beginning_is_a_gap_that_stays_visible(chain, read, sql):
    read(chain, from_block=FIRST_BLOCK + 5)
    (gap,) = sql("select g.from_block, g.to_block from erc8004_chain_gaps as g")
    assert tuple(gap.values()) == (FIRST_BLOCK, FIRST_BLOCK + 4)
    assert journal(sql) == [log for log in logs_of(chain, CONTRACTS) if log[0] >= FIRST_BLOCK + 5]
    with pytest.raises(Stop) as stopped:
        read(chain, from_block=FIRST_BLOCK)
    assert stopped.value.code == "ALREADY_BEGUN"


def test_depth_can_stand_for_finality(chain, read, sql):
    chain.behave(no_final=True)
    read(chain, finality="4")
    assert sql(CURSOR)[0]["final_block"] == chain.blocks[-1].number - 4


def test_first_block_is_found_by_the_code_of_the_registry(chain, read, sql):
    sql("update erc8004_registries set first_block = null where chain = 'base'")
    try:
        read(chain)
        assert sql(CURSOR)[0]["from_block"] == FIRST_BLOCK
    finally:
        sql("update erc8004_registries set first_block = %s where chain = 'base'", FIRST_BLOCK)


def test_reading_ends_at_the_last_block_that_is_asked_for(chain, reader_for, sql):
    follow(reader_for(chain, until=FIRST_BLOCK + 9), once=False, until=FIRST_BLOCK + 9)
    assert sql(CURSOR)[0]["read_block"] == FIRST_BLOCK + 9
    assert journal(sql) == logs_of(chain, CONTRACTS, FIRST_BLOCK + 9)


END_SESSIONS = """
select pg_terminate_backend(a.pid)
from pg_stat_activity as a
where a.datname = current_database()
  and a.pid <> pg_backend_pid()
  and a.application_name like 'kamiyo-api%'
"""


def test_connections_that_the_database_ends_change_nothing(app, chain, reader_for, servers, sql):
    chain.behave(max_range=2)
    is_done = threading.Event()
    ended = []

    def end_sessions():
        while not is_done.wait(0.05):
            ended.append(len(database.run_once(servers.database_url, END_SESSIONS)))

    thread = threading.Thread(target=end_sessions)
    thread.start()
    try:
        follow(reader_for(chain), once=True)
    finally:
        is_done.set()
        thread.join()
    assert sum(ended) > 3
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_provider_that_does_not_know_the_final_block_is_refused(chain, read, other_provider, sql):
    read(chain)
    chain.add(registration(99, OWNER))
    other_provider.blocks = chain.blocks[:20]
    with pytest.raises(Stop) as stopped:
        read(other_provider)
    assert stopped.value.code == "PROVIDER_BEHIND"
    read(other_provider, chain)
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_provider_of_another_fork_is_refused_before_it_is_asked_for_logs(
    chain, read, other_provider, sql
):
    read(chain)
    other_provider.blocks = chain.blocks[:20]
    for _ in range(60):
        other_provider.add(branch="fork")
    with pytest.raises(Stop) as stopped:
        read(other_provider)
    assert stopped.value.code == "REORGANISED_BELOW_FINAL"
    assert "another one than the final one" in stopped.value.detail
    assert "eth_getLogs" not in other_provider.asked
    chain.add(registration(99, OWNER))
    read(other_provider, chain)
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_log_that_was_lost_at_the_head_is_found_when_it_is_final(chain, read, sql):
    read(chain)
    for agent in range(40, 44):
        chain.add(registration(agent, OWNER), [feedback(agent, CLIENT, 1)])
    chain.behave(last_log_lost_every=2)
    read(chain)
    assert len(journal(sql)) < len(logs_of(chain, CONTRACTS))
    chain.behave()
    for _ in range(9):
        chain.add()
    read(chain)
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_blocks_that_a_reorganisation_drops_and_brings_back_are_asked_for_again(chain, read, sql):
    """The logs of the same blocks were lost once; they are not taken from what was read before."""
    chain.behave(last_log_lost_every=2)
    read(chain)
    chain.behave()
    dropped = chain.blocks[-5:]
    chain.cut(5)
    for _ in range(6):
        chain.add(branch="other")
    read(chain)
    chain.cut(6)
    chain.blocks += dropped
    for _ in range(3):
        chain.add()
    read(chain)
    assert journal(sql) == logs_of(chain, CONTRACTS)
