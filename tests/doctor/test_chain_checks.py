"""`flask doctor` about chains that are read."""

from __future__ import annotations

import pytest

from tests.support.doctor import NOWHERE, examined
from tests.support.reading import SECRET

A_CHAIN = """
insert into erc8004_chain_cursors (
  chain, from_block, read_block, read_hash, final_block, checked_block, projected_block,
  head_block, read_at, checked_at, projected_at, error_code, error_detail, error_at
)
values (
  'base', 1, 90, decode(repeat('ab', 32), 'hex'), 80, 80, %s, 90, now() - %s::interval,
  now() - %s::interval, now() - %s::interval, %s, %s, case when %s <> '' then now() end
)
"""
AN_AUDIT = """
insert into erc8004_chain_audits (
  chain, block_number, outcome, agents, answers, differences, unanswered
)
values ('base', 80, %s, 1, 9, %s, 0)
"""


@pytest.fixture
def found(addresses, app, sql):
    """What the doctor finds of a chain in some state."""

    def examine(projected=80, age="1 s", error=None):
        detail = None if error is None else "why. What to do."
        code = error or ""
        sql(A_CHAIN, projected, age, age, age, error, detail, code)
        return examined(addresses, "--url", NOWHERE)

    return examine


CHECKS = ("chain-reading", "chain-projection", "chain-audit")


def test_nothing_is_wrong_where_no_chain_is_read(addresses, app):
    report = examined(addresses, "--url", NOWHERE)
    assert [report.status(name) for name in CHECKS] == ["ok"] * 3


def test_chain_that_is_read_and_audited_is_well(found, sql):
    sql(AN_AUDIT, "equal", 0)
    report = found()
    assert [report.status(name) for name in CHECKS] == ["ok"] * 3
    assert report["chain-reading"]["figure"] == "base up to now"


def test_chain_that_stopped_is_failing_with_its_code(found):
    check = found(error="PROVIDER_UNAVAILABLE")["chain-reading"]
    assert check["status"] == "failing"
    assert check["figure"] == "base: PROVIDER_UNAVAILABLE: why. What to do."
    assert check["cure"] == "flask index-chain base --once"
    assert SECRET not in str(check)


def test_chain_that_is_behind_is_a_warning(found):
    report = found(age="3 hours")
    assert report.status("chain-reading") == "warning"
    assert "base is" in report["chain-reading"]["figure"]


def test_checked_blocks_that_wait_are_a_warning(found):
    report = found(projected=70, age="20 min")
    assert report.status("chain-projection") == "warning"
    assert report["chain-projection"]["figure"].startswith("10 blocks of base wait")


def test_difference_of_the_last_audit_is_failing(found, sql):
    sql(AN_AUDIT, "different", 2)
    check = found()["chain-audit"]
    assert check["status"] == "failing"
    assert "base differs from its contracts in 2 answers" in check["figure"]
    assert "erc8004_chain_audit_differences" in check["cure"]


def test_chain_that_was_never_audited_is_a_warning(found):
    check = found()["chain-audit"]
    assert (check["status"], check["cure"]) == ("warning", "flask audit-chain base")


def test_audit_of_last_week_is_a_warning(found, sql):
    sql(AN_AUDIT, "equal", 0)
    sql("update erc8004_chain_audits set audited_at = now() - interval '8 days'")
    check = found()["chain-audit"]
    assert (check["status"], check["cure"]) == ("warning", "flask audit-chain base")
    assert "base was audited 8 days ago" in check["figure"]
