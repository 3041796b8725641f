"""Audits that nobody asks for: of each chain that is followed, when it is due."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from kamiyo_api.indexer import auditing, projector
from kamiyo_api.indexer.auditing import audit_due, keep_auditing
from tests.support.reading import QUICK

AUDITS = "select chain, outcome, agents from erc8004_chain_audits order by audited_at"
A_DAY_AGO = "update erc8004_chain_audits set audited_at = now() - interval '25 hours'"


@pytest.fixture
def followed(chain, read, reader_for):
    """A chain that was read and projected."""
    read(chain)
    projector.project("base")
    reader_for(chain)
    return chain


def test_chain_is_audited_when_it_is_due(followed, sql):
    audit_due(["base"], QUICK)
    audit_due(["base"], QUICK)
    (done,) = sql(AUDITS)
    assert (done["chain"], done["outcome"], done["agents"] > 10) == ("base", "equal", True)
    sql(A_DAY_AGO)
    audit_due(["base"], QUICK)
    assert len(sql(AUDITS)) == 2


def test_audit_that_was_not_answered_is_due_again(followed, sql):
    followed.behave(no_state=True)
    audit_due(["base"], QUICK)
    followed.behave()
    audit_due(["base"], QUICK)
    assert [each["outcome"] for each in sql(AUDITS)] == ["unasked", "equal"]


def test_chain_that_cannot_be_audited_does_not_keep_others_from_it(followed, sql):
    sql(
        "insert into erc8004_chain_cursors (chain, from_block, read_block, read_hash, final_block,"
        " checked_block, projected_block, head_block, finality)"
        " values ('arbitrum', 5, 4, %s, 9, 4, 4, 9, 'finalized')",
        bytes(32),
    )
    audit_due(["arbitrum", "base", "celo"], QUICK)
    assert [each["chain"] for each in sql(AUDITS)] == ["base"]


def test_no_chain_is_due_if_the_operator_says_so(app, followed, sql):
    services = app.extensions["kamiyo"]
    services.config = replace(services.config, audit_hours=0)
    audit_due(["base"], QUICK)
    assert sql(AUDITS) == []


def test_audits_go_on_until_the_process_ends(app, followed, sql, monkeypatch):
    monkeypatch.setattr(auditing, "LOOK_SECONDS", 0.01)
    ended = threading.Event()
    thread = threading.Thread(target=keep_auditing, args=(app, ["base"], ended))
    thread.start()
    while not sql(AUDITS) and thread.is_alive():
        ended.wait(0.01)
    ended.set()
    thread.join()
    assert [each["chain"] for each in sql(AUDITS)] == ["base"]
