"""The demo data: always the same, in the shape of the real registries."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from kamiyo_api.demo import agents, feedback, payments, population
from tests.support import ROOT

pytestmark = pytest.mark.slow

TABLES = {
    "erc8004_agents": "id",
    "erc8004_agent_metadata": "agent_uuid, key",
    "erc8004_reputation": "id",
    "erc8004_feedback_responses": "id",
    "erc8004_agent_payments": "id",
    "erc8004_validations": "id",
}
SMALL = ("--agents", "300", "--feedback", "2000", "--payments", "500")


@pytest.fixture
def load(app: Flask) -> Callable[..., Result]:
    """Run `flask demo-data`."""

    def run(*options: str) -> Result:
        return app.test_cli_runner().invoke(args=["demo-data", *options])

    return run


@pytest.fixture
def contents(sql) -> Callable[[], dict[str, Any]]:
    """Everything that the demo loads; times as they are before the newest agent."""

    def read() -> dict[str, Any]:
        (newest,) = sql("select max(created_at) as at from erc8004_agents")
        return {
            table: [
                {
                    name: newest["at"] - value if isinstance(value, dt.datetime) else value
                    for name, value in row.items()
                }
                for row in sql(f"select * from {table} order by {key}")
            ]
            for table, key in TABLES.items()
        }

    return read


def count(sql, table: str, condition: str = "true") -> int:
    return sql(f"select count(*) as n from {table} where {condition}")[0]["n"]


def test_the_same_seed_gives_the_same_rows(load, contents, sql):
    assert load(*SMALL).exit_code == 0
    first = contents()
    sql("delete from erc8004_agents")
    assert load(*SMALL).exit_code == 0
    assert contents() == first
    assert all(first.values())


def test_another_seed_gives_other_rows(load, contents, sql):
    load(*SMALL)
    first = contents()
    sql("delete from erc8004_agents")
    load(*SMALL, "--seed", "1")
    ids = {row["id"] for row in first["erc8004_agents"]}
    assert ids.isdisjoint(row["id"] for row in contents()["erc8004_agents"])


def test_the_default_demo_has_its_sizes_and_every_trust_level(load, sql, refresh):
    result = load()
    assert result.stdout.startswith("loaded 2000 agents, 20000 feedback and 5000 payments in ")
    assert result.stderr == ""
    sizes = [count(sql, table) for table in ("erc8004_agents", "erc8004_reputation")]
    assert (*sizes, count(sql, "erc8004_agent_payments")) == (2000, 20000, 5000)
    refresh()
    levels = sql("select trust_level, count(*) as n from v_erc8004_agent_stats group by 1")
    found = {level["trust_level"]: level["n"] for level in levels}
    assert set(found) == {"new", "excellent", "good", "fair", "poor"}
    assert min(found.values()) >= 5


def test_the_default_demo_has_the_shape_of_the_field(load, sql, refresh):
    load()
    refresh()
    rated = sql("""
        select count(*) as agents, max(total_feedback) as most, max(unique_clients) as clients
        from mv_erc8004_agent_reputation
    """)[0]
    assert 900 <= rated["agents"] <= 1100
    assert rated["most"] > 2000
    assert rated["clients"] > 500
    pairs = "select count(*) as n from erc8004_reputation group by agent_uuid, client_address"
    assert max(pair["n"] for pair in sql(pairs)) > 500
    assert gini(sql, "client_address", "erc8004_reputation") > 0.8
    assert gini(sql, "owner_address", "erc8004_agents") > 0.5
    assert 700 <= count(sql, "erc8004_agents", "registration_file is not null") <= 900


def gini(sql, column: str, table: str) -> float:
    """How unequal the counts per value of a column are; 0 is equal, 1 is all in one."""
    rows = sql(f"select count(*) as n from {table} group by {column} order by 1")
    counts = [row["n"] for row in rows]
    ranked = sum(rank * n for rank, n in enumerate(counts, start=1))
    return 2 * ranked / (len(counts) * sum(counts)) - (len(counts) + 1) / len(counts)


def test_values_keep_the_scales_of_their_tags_and_some_lie_off_them(load, sql):
    load()
    tags = sql(
        "select tag1, count(*) as n, count(score) as scored from erc8004_reputation group by 1"
    )
    by_tag = {tag["tag1"]: tag for tag in tags}
    assert max((tag for tag in by_tag if tag), key=lambda tag: by_tag[tag]["n"]) == "miner-vouch"
    for tag in ("miner-vouch", "responseTime", "revenues", "tradingYield"):
        assert by_tag[tag]["scored"] == 0
    for tag in (None, "uptime", "successRate", "reachable", "ownerVerified", "quality"):
        assert by_tag[tag]["scored"] == by_tag[tag]["n"]
    decimals = "select distinct value_decimals from erc8004_reputation where tag1 = 'starred'"
    assert len(sql(decimals)) == 3
    for beyond in (
        "value = 1e38",
        "value < 0 and tag1 = 'starred'",
        "value > 100 and score is null",
    ):
        assert count(sql, "erc8004_reputation", beyond) > 0, beyond


def test_feedback_is_never_from_the_owner_but_of_one_and_some_is_revoked_or_answered(load, sql):
    load()
    given = "erc8004_reputation as r join erc8004_agents as a on a.id = r.agent_uuid"
    own = f"select distinct registration_file ->> 'name' as name from {given}"
    shown = [{"name": "Cedar Notary"}]
    assert sql(f"{own} where r.client_address = a.owner_address") == shown
    assert count(sql, given, "r.created_at < a.created_at") == 0
    assert 0 < count(sql, given, "r.is_revoked and r.revoked_at >= r.created_at") < 1000
    answers = f"erc8004_feedback_responses as f join ({given}) on r.id = f.feedback_id"
    owners = "f.responder_address = a.owner_address and f.created_at > r.created_at"
    assert count(sql, answers, owners) == count(sql, "erc8004_feedback_responses") > 0


# What may not be before what, or after now, and what was said or done in the months of the demo.
TIMES = {
    "erc8004_agents": ("created_at", "last_activity_at"),
    "erc8004_agent_metadata": ("updated_at",),
    "erc8004_reputation": ("created_at", "revoked_at"),
    "erc8004_feedback_responses": ("created_at",),
    "erc8004_agent_payments": ("created_at", "verified_at"),
    "erc8004_validations": ("created_at", "responded_at"),
}


def test_the_demo_is_of_the_last_months_until_the_day_of_loading(load, sql):
    load()
    for table, columns in TIMES.items():
        for column in columns:
            (times,) = sql(
                f"select now() - max({column}) as newest, now() - min({column}) as oldest "
                f"from {table}"
            )
            assert dt.timedelta() < times["newest"] < dt.timedelta(days=10), (table, column)
            assert dt.timedelta(days=80) < times["oldest"] < dt.timedelta(days=121), (table, column)


def test_an_agent_is_registered_before_it_is_rated_paid_or_validated(load, sql):
    load()
    for table in ("reputation", "agent_payments", "validations"):
        early = f"erc8004_{table} as t join erc8004_agents as a on a.id = t.agent_uuid"
        assert count(sql, early, "t.created_at < a.created_at") == 0, table
    (early,) = sql("""
        select count(*) as n
        from erc8004_agent_metadata as m
        join erc8004_agents as a on a.id = m.agent_uuid
        where m.updated_at < a.created_at
    """)
    assert early["n"] == 0


def test_agents_with_recent_paid_reviews_are_not_stale(load, sql, refresh):
    load()
    refresh()
    good = "trust_level in ('good', 'excellent')"
    assert count(sql, "v_erc8004_agent_stats", good) > 20
    # One of the cast shows what it is to be stale.
    assert count(sql, "v_erc8004_agent_stats", f"{good} and 'STALE' = any(caveats)") == 1
    (reviewers,) = sql("select count(*) as n from erc8004_reviewers where is_established")
    assert reviewers["n"] > 50


def test_nothing_of_the_demo_changes_by_itself_while_somebody_looks_at_it(load, sql, refresh):
    load()
    refresh()
    after = "between now() - interval '{0}' and now() - interval '{0}' + interval '6 hours'"
    established = f"owners = 3 and first_seen_at {after.format('30 days')}"
    assert count(sql, "erc8004_reviewers", established) == 0
    stale = f"last_backed_at {after.format('90 days')}"
    assert count(sql, "erc8004_feedback_counts", stale) == 0


def test_agents_stand_in_a_registry_of_their_own_numbered_from_0(load, sql):
    load(*SMALL)
    agents = sql("select chain, agent_id, registry_address from erc8004_agents order by 1, 2")
    assert {agent["registry_address"] for agent in agents} == {population.REGISTRY}
    on_base = [agent["agent_id"] for agent in agents if agent["chain"] == "base"]
    on_chain = [agent_id for agent_id in on_base if agent_id < 2**256]
    assert on_chain == list(range(len(on_chain)))
    assert count(sql, "erc8004_agents", "agent_id >= 2::numeric ^ 256") == 1
    assert len({agent["chain"] for agent in agents}) == 7


def test_their_files_which_do_not_exist_are_never_fetched(load, sql):
    load("--agents", "200", "--feedback", "10", "--payments", "10")
    (row,) = sql("select count(*) as n, count(due_at) as due from erc8004_file_fetches")
    assert row["n"] > 0
    assert row["due"] == 0


def test_every_state_of_agents_payments_and_validations_is_there(load, sql):
    load()
    for table, states in {
        "erc8004_agents": {"active", "suspended", "revoked"},
        "erc8004_agent_payments": {"pending", "verified", "failed", "rejected"},
        "erc8004_validations": {"pending", "completed", "expired"},
    }.items():
        found = sql(f"select distinct status from {table}")
        assert {row["status"] for row in found} == states
    services = sql("select distinct unnest(services) as name from erc8004_agent_search")
    assert {"mcp", "a2a", "web"} <= {service["name"] for service in services}
    assert count(sql, "erc8004_agent_search", "x402") > 0


def test_some_transactions_settle_several_payments_and_most_say_who_paid_whom(load, sql):
    load()
    shared = sql("""
        select count(*) as n, count(distinct created_at) as moments, count(log_index) as logs
        from erc8004_agent_payments group by chain, tx_hash having count(*) > 1
    """)
    assert len(shared) > 100
    assert {(each["n"] > 5, each["moments"], each["logs"] == each["n"]) for each in shared} == {
        (False, 1, True)
    }
    told = "erc8004_agent_payments as p join erc8004_agents as a on a.id = p.agent_uuid"
    paid = "p.payee_address = a.owner_address and p.payer_address <> '' and p.nonce <> ''"
    assert 3000 < count(sql, told, paid) < 4000


def test_a_page_of_demo_agents_is_answered(load, client, admin):
    load(*SMALL)
    answer = client.get(
        "/api/v1/agents/?status=any&active=any&testnet=any&limit=100", headers=admin
    )
    assert (answer.status_code, answer.json["total"]) == (200, 300)


@pytest.mark.parametrize("size", [(1, 0, 0), (1, 50, 50), (2, 1, 1), (3, 1000, 1000), (50, 3, 2)])
def test_any_size_is_met_exactly(load, sql, size):
    agents, feedback, payments = map(str, size)
    result = load("--agents", agents, "--feedback", feedback, "--payments", payments)
    assert result.exit_code == 0, result.output
    tables = ("erc8004_agents", "erc8004_reputation", "erc8004_agent_payments")
    assert tuple(count(sql, table) for table in tables) == size


def test_a_second_load_is_refused_with_what_to_do(load, contents):
    load(*SMALL)
    before = contents()
    result = load(*SMALL, "--seed", "1")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "demo data is here already" in result.stderr
    assert population.REGISTRY in result.stderr
    assert contents() == before


def test_an_interrupted_load_leaves_nothing_behind(app, servers, sql):
    copying = "select tuples_processed from pg_stat_progress_copy where tuples_processed > 0"
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "demo-data", "--agents", "500000"]
    settings = {**os.environ, "DATABASE_URL": servers.database_url}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=settings,
        stderr=subprocess.PIPE,
        # A shell starts what it runs in the background with SIGINT ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        while not sql(copying) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said.split()) == (1, [b"Aborted!"])
    assert count(sql, "erc8004_agents") == 0


def test_if_empty_loads_once_and_is_no_error_later(load, sql):
    assert "loaded 300 agents" in load(*SMALL, "--if-empty").stdout
    again = load(*SMALL, "--if-empty")
    assert (again.exit_code, "no demo data was loaded" in again.stdout) == (0, True)
    assert count(sql, "erc8004_agents") == 300


def test_demo_and_imported_agents_do_not_mix(load, app, sql):
    load(*SMALL)
    owner = "0x" + "ab" * 20
    line = f'{{"chain": "ethereum", "agent_id": 0, "owner_address": "{owner}"}}'
    app.test_cli_runner().invoke(args=["import-agents", "-"], input=line)
    found = sql(
        "select owner_address from erc8004_agents where chain = 'ethereum' and agent_id = 0"
    )
    assert len(found) == 2


def test_rows_are_made_in_order_and_one_at_a_time():
    size = population.Size(agents=10**9, feedback=10**10, payments=10**9, seed=1)
    makers = (
        agents.agent_rows(size),
        feedback.feedback_rows(size),
        payments.payment_rows(size),
    )
    for rows in makers:
        ids = [next(rows).split(b"\t")[0] for _ in range(100)]
        assert all(before < after for before, after in pairwise(ids))


@pytest.mark.parametrize(("ranked", "total"), [(1, 0), (1, 9), (10, 3), (10, 10), (1000, 20001)])
def test_the_records_of_all_ranks_add_up(ranked, total):
    records = [population.records_of(rank, ranked, total, 0.75) for rank in range(ranked + 5)]
    assert sum(records) == total
    assert min(records) >= 0
    assert records[0] == max(records)
