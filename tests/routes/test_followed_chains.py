"""GET /chains of chains that are read: how far, gaps, what stopped it, the last audit."""

from __future__ import annotations

import pytest

from kamiyo_api.indexer import projector
from kamiyo_api.indexer.audit import audit
from kamiyo_api.indexer.chains import providers_of
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.providers import Patience
from tests.support import chain_logs as logs
from tests.support.reading import CLIENT, SECRET

QUICK = Patience(attempts=1, first_wait=0.001, longest_wait=0.01)
LOGS = "select count(*) as logs from erc8004_chain_logs"
OLDER = """
update erc8004_chain_cursors
set
  read_at = read_at - interval '122 days',
  checked_at = checked_at - interval '3 hours',
  projected_at = projected_at - interval '2 hours'
"""


@pytest.fixture
def base(get):
    """What is said of the chain base."""

    def fetch():
        return next(chain for chain in get("/chains")["chains"] if chain["name"] == "base")

    return fetch


def test_chain_that_was_never_read_is_not_followed(base):
    assert (base()["is_followed"], base()["following"]) == (False, None)


def test_chain_that_was_read_says_how_far(chain, read, base, sql):
    read(chain)
    projector.project("base")
    assert base()["is_followed"]
    following = base()["following"]
    head, first = chain.blocks[-1].number, chain.blocks[1].number
    assert following["blocks"] == {
        "first": first,
        "head": head,
        "read": head,
        "final": head - 8,
        "checked": head - 8,
        "projected": head - 8,
    }
    assert (following["finality"], following["lag_blocks"]) == ("finalized", 0)
    assert 0 <= following["lag_seconds"] < 600
    assert following["projection_lag_seconds"] == 0
    assert following["logs"] == sql(LOGS)[0]["logs"]
    assert (following["gap_count"], following["gaps"]) == (0, [])
    assert (following["error"], following["last_audit"]) == (None, None)


def test_logs_are_counted_through_a_reorganisation_and_a_second_look(chain, read, base, sql):
    chain.behave(last_log_lost_every=3, max_range=5)
    read(chain)
    chain.cut(3)
    chain.add([logs.feedback(1, CLIENT, 2)], branch="other")
    for _ in range(4):
        chain.add(branch="other")
    read(chain)
    assert base()["following"]["logs"] == sql(LOGS)[0]["logs"]


def test_lag_counts_from_the_last_success(chain, read, base, sql):
    read(chain)
    sql(OLDER)
    assert base()["following"]["lag_blocks"] == 0
    assert base()["following"]["lag_seconds"] > 121 * 86400


def test_chain_whose_history_is_read_is_behind_by_its_blocks(chain, read, base, sql):
    read(chain)
    sql("update erc8004_chain_cursors set head_block = head_block + 1000")
    following = base()["following"]
    assert following["lag_blocks"] == 1000
    # The blocks of the test are months old.
    assert following["lag_seconds"] > 86400


def test_what_was_checked_but_does_not_show_yet_is_reported(chain, read, base, sql):
    read(chain)
    sql(OLDER)
    assert base()["following"]["projection_lag_seconds"] > 2 * 3600
    projector.project("base")
    assert base()["following"]["projection_lag_seconds"] == 0


def test_gap_stays_visible(chain, read, base):
    read(chain, from_block=chain.blocks[6].number)
    following = base()["following"]
    (gap,) = following["gaps"]
    assert following["gap_count"] == 1
    assert (gap["from_block"], gap["to_block"]) == (
        chain.blocks[1].number,
        chain.blocks[5].number,
    )
    assert "later block" in gap["reason"]


def test_error_says_code_and_cure_but_no_key(chain, read, base):
    read(chain)
    chain.behave(status=401, status_every=1)
    with pytest.raises(Stop):
        read(chain)
    error = base()["following"]["error"]
    assert error["code"] == "PROVIDER_REFUSED_KEY"
    assert "Check the key in RPC_URL_" in error["detail"]
    assert SECRET not in str(base())


def test_last_audit_is_reported(chain, reader_for, read, base, sql):
    read(chain)
    projector.project("base")
    reader_for(chain)
    audit("base", providers_of("base", QUICK), 5)
    told = base()["following"]["last_audit"]
    assert (told["outcome"], told["agents"], told["differences"]) == ("equal", 5, 0)
    sql("update erc8004_agents set owner_address = agent_wallet, agent_wallet = null")
    audit("base", providers_of("base", QUICK), 5)
    told = base()["following"]["last_audit"]
    assert told["outcome"] == "different"
    assert told["differences"] >= 5
    chain.behave(hang_up_every=1)
    audit("base", providers_of("base", QUICK), 5)
    assert base()["following"]["last_audit"]["outcome"] == "unasked"


def test_every_chain_costs_no_scan_of_the_journal(chain, read, sql):
    read(chain)
    sql("analyze erc8004_chain_logs")
    plan = sql("explain select * from v_erc8004_chain_status")
    assert "erc8004_chain_logs" not in str(plan)
    assert "erc8004_agents" not in str(plan)


def test_unknown_events_are_counted_by_their_topics(chain, read, sql):
    chain.add(
        [
            logs.Log(
                logs.IDENTITY,
                bytes.fromhex("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"),
                b"",
            )
        ]
    )
    read(chain)
    counted = sql("select * from erc8004_chain_counts where kind = 'unknown_event' order by label")
    assert [(row["label"], row["total"]) for row in counted] == [
        ("0x" + "01" * 32, 8),
        ("no topic", 8),
    ]
