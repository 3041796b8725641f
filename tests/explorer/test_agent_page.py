"""The sections of an agent's page."""

from __future__ import annotations

import re

from tests.support.html import Elements
from tests.support.payment_rows import payments_on

# The agent, its statistics, its trust, the decision, and three for the sections below.
QUERIES_OF_AN_AGENT = 7


def labels(page):
    """Return the labels of the plots of a page."""
    return [attrs["aria-label"] for tag, attrs in page.found if tag == "svg"]


def test_history_is_drawn_with_its_table(look, people, sql):
    path = f"/agents/{people['good']}"
    before = labels(Elements(look(path).text))
    assert not [each for each in before if each.startswith("Score from")]
    sql(
        """
        insert into erc8004_trust_history
        select (
          jsonb_populate_record(h, '{"day": "2026-01-02", "score": 41.5, "trust_level": "poor"}')
        ).*
        from erc8004_trust_history as h
        where h.agent_uuid = %s
        """,
        people["good"],
    )
    page = Elements(look(path).text)
    assert any(each.startswith("Score from 2026-01-02") for each in labels(page))
    level = next(each for each in labels(page) if each.startswith("Level from"))
    assert "first poor, last good" in level
    assert "poor since 2026-01-02, then good since" in " ".join(page.text.split())


def test_payments_are_drawn_by_day_with_their_table(look, people, sql):
    agent_uuid = people["unknown"]
    payments_on(sql, agent_uuid, ["2026-03-01", "2026-03-04"], each=3)
    payments_on(sql, agent_uuid, ["2026-03-04"], "failed", "7")
    payments_on(sql, agent_uuid, ["2026-03-02"], "rejected", "1")
    payments_on(sql, agent_uuid, ["2026-03-02"], "pending", "4", each=2)
    page = Elements(look(f"/agents/{agent_uuid}").text)
    text = " ".join(page.text.split())
    said = "Payments by day from 2026-03-01 to 2026-03-04: 6 succeeded, 2 failed, 2 pending"
    assert said in labels(page)
    assert "2026-03-01 3 0 0 $7.50 $0.00" in text
    assert "2026-03-02 0 1 2 $0.00 $9.00" in text
    assert "2026-03-04 3 1 0 $7.50 $7.00" in text
    assert "2026-03-03" not in text
    assert "USDC of successful payments: $15.00" in text
    assert "Newest 10 payments by day." in text


def test_payments_over_a_long_time_are_drawn_by_week(look, people, sql):
    payments_on(sql, people["unknown"], ["2025-06-04", "2026-03-01"])
    page = Elements(look(f"/agents/{people['unknown']}").text)
    said = "Payments by week from 2025-06-02 to 2026-02-23: 2 succeeded, 0 failed, 0 pending"
    assert said in labels(page)
    parts = [attrs for tag, attrs in page.found if tag == "rect" and "class" in attrs]
    assert [each["class"] for each in parts] == ["verified", "verified"]
    assert 290 < float(parts[1]["x"]) < 300


def test_only_the_newest_payments_are_drawn(look, people, sql):
    payments_on(sql, people["unknown"], ["2026-03-02"], each=1_000)
    payments_on(sql, people["unknown"], ["2020-03-01"], each=50)
    page = Elements(look(f"/agents/{people['unknown']}").text)
    assert "Newest 1,000 payments by day; older ones are not shown" in " ".join(page.text.split())
    assert any("from 2026-03-02 to 2026-03-02: 1000 succeeded" in each for each in labels(page))


def test_page_of_an_agent_runs_few_queries(look, people, statements):
    for each in (people["good"], people["hostile"]):
        statements()
        assert look(f"/agents/{each}").status_code == 200
        asked = [each for each in statements() if "select" in each]
        # The process identifies the database once for all requests.
        asked = [each for each in asked if "identity of this database" not in each]
        assert len(asked) == QUERIES_OF_AN_AGENT, asked


def test_page_lists_the_findings_about_the_file(look, get, people):
    for agent_uuid in people.values():
        lint = get(f"/agents/{agent_uuid}/registration/lint")
        text = Elements(look(f"/agents/{agent_uuid}").text).text
        counts = lint["counts"]
        assert re.search(rf"{counts['error']} errors?, {counts['warning']} warnings?", text)
        assert all(each["code"] in text for each in lint["findings"])


def test_page_of_an_agent_without_a_file_says_so(look, people, sql):
    sql(
        "update erc8004_agents set registration_file = null, token_uri = 'ipfs://x' where id = %s",
        people["unknown"],
    )
    text = Elements(look(f"/agents/{people['unknown']}").text).text
    assert "No file has been read yet" in text
    assert "NOT_READ" in text


def test_deeply_nested_file_is_no_error(look, people, sql):
    sql(
        "update erc8004_agents set registration_file"
        " = jsonb_build_object('x', (repeat('[', 990) || repeat(']', 990))::jsonb) where id = %s",
        people["unknown"],
    )
    answer = look(f"/agents/{people['unknown']}")
    assert answer.status_code == 200
    assert "nests too deep" in answer.text
