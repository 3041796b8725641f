"""What stands in ops/: rules that fire, panels that draw, units that systemd takes."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from bench.serving import ROOT
from kamiyo_api.access import keys
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.trust.refresh import refresh_stats
from tests.support import database, factories
from tests.support.programs import needed
from tests.support.prometheus import scrape

OPS = ROOT / "ops"
PROMETHEUS = OPS / "prometheus"
RULES = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())
ALL_RULES = [rule for group in RULES["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in ALL_RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in ALL_RULES if "record" in rule}
UNIT_TESTS = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
DASHBOARD = json.loads((OPS / "grafana" / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
# The symptoms of the customer's guide, in its order, three more, and those of chains: the sections
# of docs/operations.md.
SYMPTOMS = [
    "slow-query-performance",
    "cache-issues",
    "rate-limiting-errors",
    "authentication-failures",
    "transaction-rollback-errors",
    "materialized-view-staleness",
    "high-memory-usage",
    "database-down",
    "database-connection-pool-exhaustion",
    "unwritable-database",
    "service-down",
    "high-error-rate",
    "slow-response-times",
    "low-cache-hit-rate",
    "chain-provider-gone",
    "chain-provider-limits",
    "chain-provider-lies",
    "chain-lags",
    "chain-reorganised-below-final",
    "chain-stopped",
    "unknown-event",
    "chain-projection-behind",
    "audit-difference",
    "audit-old",
    "registration-files-waiting",
]
A_CHAIN_THAT_IS_READ = """
delete from erc8004_chain_cursors;
delete from erc8004_chain_audits;
delete from erc8004_chain_counts;
insert into erc8004_chain_cursors (
  chain, from_block, read_block, read_hash, final_block, checked_block, projected_block, head_block
)
values ('base', 1, 9, decode(repeat('ab', 32), 'hex'), 8, 8, 8, 9);
insert into erc8004_chain_audits (
  chain, block_number, outcome, agents, answers, differences, unanswered
)
values ('base', 8, 'equal', 1, 1, 0, 0);
insert into erc8004_chain_counts (chain, kind, label, total)
values
  ('base', 'request', 'provider 1 ok', 1),
  ('base', 'suspicious', 'repeated', 1),
  ('base', 'rollback', 'depth 1', 1),
  ('base', 'unknown_event', 'Upgraded', 1),
  ('base', 'audit', 'equal', 1),
  ('base', 'audit_difference', 'ownerOf', 1);
"""
# Prometheus makes these itself.
NOT_OURS = {"up", "ALERTS"}


def promtool(*arguments: str | Path) -> str:
    """What promtool says, where it finds nothing wrong."""
    done = subprocess.run(
        [needed("promtool"), *arguments],
        capture_output=True,
        text=True,
        cwd=PROMETHEUS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def metrics_in(expression: str) -> set[str]:
    """The names of the metrics that a PromQL expression reads."""
    bare = re.sub(r'"[^"]*"|\[[^]]*\]|\b(by|on|without) \([^)]*\)', " ", expression)
    bare = re.sub(r"\{[^}]*\}", " ", bare)
    return set(re.findall(r"\b(?:erc8004[\w:]+|up|ALERTS)\b", bare))


@pytest.fixture(scope="module")
def told(session_app, gunicorn, servers):
    """The names of all metrics of a service that did a little of everything."""
    with session_app.app_context():
        secret = keys.create("ops", "enterprise", ("read", "write", "admin"), None, None)
    headers = {"Authorization": f"Bearer {secret}"}
    path = "/api/v1/agents/register"
    assert gunicorn.request("POST", path, headers=headers, json=factories.agent()).ok
    gunicorn.request("GET", "/api/v1/agents/")
    with session_app.app_context():
        refresh_stats()
    with database.session(servers.database_url) as connection:
        database.run(connection, A_CHAIN_THAT_IS_READ)
    return scrape(gunicorn).names()


def test_rules_and_configuration_are_well_formed():
    assert "SUCCESS" in promtool("check", "rules", "alerts.yml")
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")


@pytest.mark.slow
def test_every_alert_fires_for_its_symptom_and_not_before():
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml")


def test_every_alert_has_a_test_in_which_it_fires_and_nothing_fired_before():
    fired = set()
    for test in UNIT_TESTS:
        first, *later = test["promql_expr_test"]
        assert "exp_samples" not in first
        for expectation in later:
            labels = " ".join(sample["labels"] for sample in expectation.get("exp_samples", ()))
            fired |= set(re.findall(r'alertname="(\w+)"', labels))
    assert fired == ALERTS.keys()


@pytest.mark.parametrize("name", ALERTS)
def test_alert_says_what_is_wrong_and_what_to_do(name):
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in ("warning", "critical")
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url"}
    path, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert path == "docs/operations.md"
    assert anchor in SYMPTOMS
    assert len(alert["annotations"]["summary"]) < 120
    assert alert["annotations"]["description"].endswith(".")


@pytest.mark.parametrize("name", ["DatabaseDown", "ServiceDown"])
def test_alert_of_an_outage_leads_to_what_to_type_first(name):
    annotations = ALERTS[name]["annotations"]
    anchor = annotations["runbook_url"].partition("#")[2]
    guide = (ROOT / "docs" / "operations.md").read_text()
    (section,) = (
        part
        for part in re.split(r"^##+ ", guide, flags=re.MULTILINE)
        if part.partition("\n")[0].lower().replace(" ", "-") == anchor
    )
    first = re.findall(r"^```sh\n(.*)$", section, re.MULTILINE)[0]
    named = re.findall(r"First type `([^`]+)`", annotations["description"])
    assert named
    assert first.startswith(named[0])


def test_every_symptom_of_the_guide_has_an_alert_in_its_order():
    anchors = [alert["annotations"]["runbook_url"].partition("#")[2] for alert in ALERTS.values()]
    assert list(dict.fromkeys(anchors)) == SYMPTOMS


def stops(base=Stop):
    """The codes of all that can stop the reading of a chain."""
    for each in base.__subclasses__():
        yield each.code
        yield from stops(each)


def test_every_stop_of_a_chain_has_one_alert():
    for path in (ROOT / "kamiyo_api" / "indexer").glob("*.py"):
        importlib.import_module(f"kamiyo_api.indexer.{path.stem}")
    alerts = [
        re.findall(r'erc8004_chain_stopped\{\s*code(=~?|!~)"([^"]+)"', rule["expr"])
        for name, rule in ALERTS.items()
        if "erc8004_chain_stopped" in rule["expr"]
    ]
    named = [code for ((sign, codes),) in alerts if sign != "!~" for code in codes.split("|")]
    (others,) = (codes.split("|") for ((sign, codes),) in alerts if sign == "!~")
    assert len(set(named)) == len(named)
    assert {*named, "none"} == set(others)
    assert set(named) <= set(stops())


def test_rules_read_metrics_that_exist(told):
    for rule in ALL_RULES:
        assert metrics_in(rule["expr"]) <= told | RECORDED | NOT_OURS, rule


def test_panels_read_metrics_that_exist(told):
    annotations = [each["expr"] for each in DASHBOARD["annotations"]["list"]]
    for query in QUERIES + annotations:
        names = metrics_in(query)
        assert names, query
        assert names <= told | RECORDED | NOT_OURS, query


def test_every_metric_of_ours_is_seen_on_the_dashboard_or_by_an_alert(told):
    seen = set().union(*(metrics_in(rule["expr"]) for rule in ALL_RULES), *map(metrics_in, QUERIES))

    def family(name):
        return re.sub(r"_(total|created|count|sum|bucket)$", "", name)

    ours = {family(name) for name in told if name.startswith("erc8004_")}
    assert ours == {family(name) for name in seen if name.startswith("erc8004_")}


def test_panels_draw_what_promql_is(tmp_path):
    rules = [
        {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "1m")}
        for number, query in enumerate(QUERIES)
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(QUERIES)} rules found" in promtool("check", "rules", path)


def test_panels_do_not_overlap_and_have_ids_of_their_own():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    for one, other in combinations(places, 2):
        is_beside = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert is_beside, (one, other)
    assert all(place["x"] + place["w"] <= 24 for place in places)
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
