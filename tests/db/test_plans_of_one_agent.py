"""How PostgreSQL reads one of 20,000 agents: by its key, at a cost that nothing else changes."""

from __future__ import annotations

import pytest

from tests.support.plans import NOWHERE, nodes

BY_KEY = "set local enable_seqscan = off; set local enable_bitmapscan = off; "
LISTS = {
    "feedback.list_by_agent": "ix__erc8004_reputation__agent_created",
    "payments.list_by_agent": "ix__erc8004_agent_payments__agent_created",
    "validations.list_by_agent": "ix__erc8004_validations__agent_created",
}


@pytest.mark.parametrize("query", LISTS)
@pytest.mark.parametrize("after_id", [None, NOWHERE])
def test_page_of_a_list_is_read_from_one_index_without_a_sort(crowded, plan, query, after_id):
    crowded.execute("select id from erc8004_agents where agent_id = 7")
    (agent_uuid,) = crowded.fetchone()
    found = plan(
        query,
        agent_uuid=agent_uuid,
        after_time=after_id and "2026-04-01 00:05",
        after_id=after_id,
        limit=51,
        client_address=None,
        tag1=None,
        tag2=None,
        source=None,
        longest=300,
    )
    limit, *others = found
    scan = next(node for node in others if "Index Name" in node)
    assert (limit["Node Type"], scan["Index Name"]) == ("Limit", LISTS[query])
    assert "Sort" not in [node["Node Type"] for node in others[: others.index(scan)]]
    assert ("ROW(" in scan["Index Cond"]) == (after_id is not None)


BY_STATUS = {
    "payments.list_by_status": ("ix__erc8004_agent_payments__agent_status",),
    "validations.list_by_status": (
        "ix__erc8004_validations__agent_status",
        "ix__erc8004_validations__agent_overdue",
    ),
}


@pytest.mark.parametrize("query", BY_STATUS)
def test_list_by_status_is_read_from_an_index_of_each_status(crowded, plan, query):
    crowded.execute("select id from erc8004_agents where agent_id = 7")
    (agent_uuid,) = crowded.fetchone()
    found = plan(
        query,
        agent_uuid=agent_uuid,
        status=["pending", "expired"],
        after_time="2026-04-01 00:05",
        after_id=NOWHERE,
        source=None,
        limit=51,
        longest=300,
    )
    indexes = {node["Index Name"] for node in found if "Index Name" in node}
    assert set(BY_STATUS[query]) <= indexes
    assert not [name for name in indexes if name.endswith("__agent_created")]
    # A page or two of PostgreSQL hold the chains.
    whole = {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}
    assert whole <= {"erc8004_chains", "erc8004_chain_cursors"}


@pytest.mark.parametrize("function", ["erc8004_agent_stats_now", "erc8004_feedback_now"])
def test_figures_of_now_are_one_plan_by_keys(crowded, function):
    asked = f"explain (generic_plan, format json) select * from {function}($1)"
    crowded.execute(BY_KEY + asked)
    found = list(nodes(crowded.fetchone()[0][0]["Plan"]))
    # The ranges of a histogram are a series.
    scanned = [node for node in found if node["Node Type"] in ("Function Scan", "Seq Scan")]
    assert {node.get("Function Name") for node in scanned} <= {"generate_series"}
    tables = {node["Relation Name"] for node in found if "Index Cond" in node}
    assert {"erc8004_feedback_counts", "erc8004_feedback_changes"} <= tables
