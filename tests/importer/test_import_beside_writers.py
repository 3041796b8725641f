"""An import beside requests, a refresh and another import: nothing is lost, nothing is twice."""

from __future__ import annotations

import io
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from kamiyo_api.importer.feedback import FEEDBACK
from kamiyo_api.importer.payments import PAYMENTS
from kamiyo_api.importer.staging import import_lines
from kamiyo_api.trust.refresh import refresh_stats
from tests.support import factories
from tests.support.imports import figures

LINES = 3_000
WAITING = "select pid from pg_locks where not granted"
TX = f"0x{'ab' * 32}"
VALIDATOR = "0x7777777777777777777777777777777777777777"
REGISTRY = "0x8004cc8439f36fd5f9f049d9ff86523df6daab58"
FACT = {"chain": "base", "agent_id": 77, "log_index": 3, "created_at": 1770091506}
STATISTICS = "select * from v_erc8004_agent_stats order by agent_uuid"
SEARCH = "select agent_uuid, total_feedback, total_payments from erc8004_agent_search order by 1"
PAYMENT = """
    insert into erc8004_agent_payments
      (agent_uuid, chain, tx_hash, log_index, amount_usdc, status)
    values (%s, 'base', %s, 3, 0.01, 'pending')
"""
VALIDATION = """
    insert into erc8004_validations
      (agent_uuid, chain, registry_address, request_hash, validator_address)
    values (%s, 'base', %s, %s, %s)
"""


@pytest.fixture
def agent(make_agent):
    return make_agent(agent_id="77")["agent_uuid"]


@pytest.fixture
def while_uncommitted(servers, sql):
    """Run an import while another session has written a row; commit that once the import waits."""

    def run(statement, parameters, work):
        connection = psycopg2.connect(servers.database_url)
        connection.cursor().execute(statement, parameters)

        def commit_once_something_waits():
            for _ in range(2_000):
                if sql(WAITING):
                    break
                time.sleep(0.01)
            was_waiting = bool(sql(WAITING))
            connection.commit()
            return was_waiting

        with ThreadPoolExecutor(1) as threads:
            waited = threads.submit(commit_once_something_waits)
            result = work()
        connection.close()
        assert waited.result()
        return result

    return run


def payment(number=None, **overrides):
    """A verified payment to agent 77."""
    tx_hash = TX if number is None else f"0x{number:064x}"
    return FACT | {"tx_hash": tx_hash, "amount_usdc": "0.01", "status": "verified"} | overrides


def feedback(number):
    """A feedback to agent 77."""
    rated = {"client_address": factories.address(), "score": 100}
    return FACT | {"tx_hash": f"0x{number:064x}"} | rated


def test_a_payment_that_a_request_inserts_at_the_same_moment_is_one(
    while_uncommitted, run_import_of, agent, sql
):
    result = while_uncommitted(
        PAYMENT, (agent, TX), lambda: run_import_of("payments", [payment(), payment(1)])
    )
    assert figures(result) == (1, 1, 0, 0, 0)
    found = sql("select status, log_index from erc8004_agent_payments")
    assert found == [{"status": "verified", "log_index": 3}] * 2


def test_a_validation_that_a_request_inserts_at_the_same_moment_is_one(
    while_uncommitted, run_import_of, agent, sql
):
    line = {"chain": "base", "agent_id": 77, "request_hash": TX, "validator_address": VALIDATOR}
    result = while_uncommitted(
        VALIDATION,
        (agent, REGISTRY, TX, VALIDATOR),
        lambda: run_import_of("validations", [line | {"response": 7}]),
    )
    assert figures(result) == (0, 1, 0, 0, 0)
    assert sql("select status from erc8004_validations") == [{"status": "completed"}]


def test_metadata_that_a_request_sets_at_the_same_moment_is_one(
    while_uncommitted, run_import_of, agent, sql
):
    statement = "insert into erc8004_agent_metadata (agent_uuid, key, value) values (%s, 'k', '1')"
    line = {"chain": "base", "agent_id": 77, "key": "k", "value": "0x02"}
    older = line | {"updated_at": 1770091506}
    result = while_uncommitted(statement, (agent,), lambda: run_import_of("metadata", [older]))
    assert figures(result)[:2] == (0, 0)
    (found,) = sql("select value from erc8004_agent_metadata")
    assert bytes(found["value"]) == b"1"


def imported(app, kind, lines):
    """The result of importing some lines, in a thread of its own."""
    content = "".join(f"{json.dumps(each)}\n" for each in lines).encode()
    with app.app_context():
        return import_lines(kind, io.BytesIO(content), print)


@pytest.mark.slow
def test_imports_requests_and_refreshes_at_once_lose_and_double_nothing(
    session_app, app, run_import_of, agent, client, admin, sql
):
    """Requests link every tenth payment of the file, and give feedback, while it is imported."""
    is_over = threading.Event()

    def request():
        http = session_app.test_client()
        given = 0
        while not is_over.is_set():
            body = payment(given * 10 % LINES, agent_uuid=agent)
            del body["agent_id"], body["created_at"]
            linked = http.post("/api/v1/agents/link-payment", json=body, headers=admin)
            assert linked.status_code in (200, 201), linked.json
            rated = factories.feedback(agent_uuid=agent)
            posted = http.post("/api/v1/agents/feedback", json=rated, headers=admin)
            assert posted.status_code == 201, posted.json
            given += 1
        return given

    def refresh():
        with session_app.app_context():
            while not is_over.is_set():
                refresh_stats()

    with ThreadPoolExecutor(4) as threads:
        requests, refreshes = threads.submit(request), threads.submit(refresh)
        try:
            lines = [payment(number) for number in range(LINES)]
            imports = [
                threads.submit(imported, session_app, PAYMENTS, lines),
                threads.submit(imported, session_app, FEEDBACK, map(feedback, range(LINES))),
            ]
            payments, ratings = (each.result() for each in imports)
        finally:
            is_over.set()
        refreshes.result()
        given = requests.result()
    assert (payments.read, payments.rejected) == (LINES, 0)
    assert (ratings.inserted, ratings.rejected) == (LINES, 0)
    assert figures(run_import_of("payments", lines))[:2] == (0, 0)
    assert given > 0
    assert sql("select count(*) as n from erc8004_agent_payments") == [{"n": LINES}]
    refresh_stats()
    incremental = sql(STATISTICS), sql(SEARCH)
    assert incremental[0][0]["total_feedback"] == LINES + given
    assert incremental[0][0]["successful_payments"] == LINES
    sql("select refresh_erc8004_stats(true)")
    assert (sql(STATISTICS), sql(SEARCH)) == incremental
