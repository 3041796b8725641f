"""The metrics page, of chains that are read."""

from __future__ import annotations

import pytest

from kamiyo_api.health import metrics_page
from kamiyo_api.indexer import projector
from kamiyo_api.indexer.audit import audit
from kamiyo_api.indexer.chains import providers_of
from kamiyo_api.indexer.failures import Stop
from tests.support.prometheus import scraped
from tests.support.reading import CLIENT, SECRET


@pytest.fixture
def page(app):
    """Return what the page says now."""
    return lambda: scraped(metrics_page.text().decode())


def test_chain_that_is_read_is_on_the_page(chain, reader_for, read, page, sql):
    chain.behave(last_log_lost_every=3, max_range=5)
    read(chain)
    chain.cut(3)
    for _ in range(4):
        chain.add(branch="other")
    read(chain)
    projector.project("base")
    chain.behave()
    reader_for(chain)
    audit("base", providers_of("base"), 4)
    head = chain.blocks[-1].number
    told = page()

    def total(name, **labels):
        return told.total(f"erc8004_chain_{name}", chain="base", **labels)

    assert total("block", position="head") == total("block", position="read") == head
    assert total("block", position="final") == total("block", position="projected") == head - 8
    assert total("lag_blocks") == total("unprojected_blocks") == total("gaps") == 0
    assert total("logs") == sql("select count(*) as n from erc8004_chain_logs")[0]["n"]
    assert total("stopped") == 0
    assert total("rollbacks_total", depth="3") == 1
    assert total("unknown_events_total", topic="0x" + "01" * 32) >= 8
    assert total("suspicious_answers_total") > 0
    assert total("requests_total", provider="provider 1", outcome="ok") > 10
    assert total("audits_total", outcome="equal") == 1
    assert total("audit_differences") == 0
    sql("update erc8004_agents set agent_wallet = %s", CLIENT.replace("c2", "c3"))
    audit("base", providers_of("base"), 4)
    told = page()
    assert total("audit_differences") == 4
    assert total("audit_differences_found_total", function="getAgentWallet") == 4


def test_chain_that_stopped_says_its_code_and_no_part_of_a_url(chain, read, page):
    read(chain)
    assert page().total("erc8004_chain_stopped", code="none") == 0
    chain.behave(hang_up_every=1)
    with pytest.raises(Stop):
        read(chain)
    assert page().total("erc8004_chain_stopped", code="PROVIDER_UNAVAILABLE") == 1
    assert SECRET not in page().text


def test_page_without_chains_has_no_samples_of_them(page):
    assert [name for name in page().names() if name.startswith("erc8004_chain_")] == []
