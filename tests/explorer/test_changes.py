"""The changes on the start page."""

from __future__ import annotations

import re

from tests.support.html import Elements
from tests.support.payment_rows import payments_on


def test_start_page_says_that_nothing_changed(look, people, sql):
    sql("delete from erc8004_trust_history")
    assert "Nothing changed: no level or score" in Elements(look("/").text).text


def test_start_page_lists_the_changes_of_the_last_day(look, people, sql):
    good, praised = people["good"], people["praised"]
    sql(
        """
        insert into erc8004_trust_history
        select (
          jsonb_populate_record(
            h,
            '{"day": "2026-01-02", "recorded_at": "2026-01-02", "score": 41, "trust_level": "poor"}'
          )
        ).*
        from erc8004_trust_history as h
        where h.agent_uuid = %s
        """,
        good,
    )
    sql(
        "update erc8004_reputation set is_revoked = true, revoked_at = now() where agent_uuid = %s",
        good,
    )
    payments_on(sql, praised, ["2026-03-04"], "failed", "7")
    sql("update erc8004_agent_payments set created_at = now() where status = 'failed'")
    sql(
        """
        insert into erc8004_ownership_epochs
          (agent_uuid, owner_address, tx_hash, from_block, from_log_index, from_time,
           to_block, to_log_index, to_time)
        values
          (%s, '0x' || repeat('aa', 20), '0x', 1, 1, now() - interval '9 days', 7, 2, now()),
          (%s, '0x' || repeat('bb', 20), '0x', 7, 2, now(), null, null, null)
        """,
        praised,
        praised,
    )
    text = " ".join(Elements(look("/").text).text.split())
    changed = text[text.index("Changed in the last day") :]
    assert re.search(r"Weather agent poor to good , score 41 to \d+", changed)
    assert "Praised agent 0xaaaa…aaaa to 0xbbbb…bbbb" in changed
    assert "Weather agent 11 records" in changed
    assert "Praised agent 1 payment, $7.00" in changed


def test_older_changes_are_not_listed(look, people, sql):
    sql("update erc8004_trust_history set recorded_at = recorded_at - interval '25 hours'")
    payments_on(sql, people["good"], ["2026-03-04"], "failed", "7")
    assert "Nothing changed" in Elements(look("/").text).text


def test_changes_of_hidden_agents_are_not_listed(look, people, sql):
    sql("update erc8004_agent_search set is_testnet = true")
    assert "Nothing changed" in Elements(look("/").text).text
