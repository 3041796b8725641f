"""Symptoms of requests: refused for their key or their number, failed, or broken by a defect."""

from __future__ import annotations

from tests.support import factories
from tests.support.concurrency import wait_until
from tests.support.triggers import trigger

FREE = {"RATE_LIMITS_FREE": "5,1000,1000,1000"}


def test_revoked_key_is_seen_and_replaced(stand, fired, symptom):
    secret = stand.type(
        "flask api-keys create --name partner --tier pro --scope read --secret-only"
    ).strip()
    key = {"Authorization": f"Bearer {secret}"}

    def read(status, sent=key):
        for _ in range(10):
            assert stand.ask("/key", sent).status_code == status

    well = stand.during(lambda: read(200))
    stand.type(f"flask api-keys revoke {secret[:15]}")
    wait_until(lambda: stand.ask("/key", key).status_code == 401)
    ill = stand.during(lambda: read(401))
    found = stand.doctor()["auth-failures"]
    refused = ill[1].total("erc8004_auth_failures_total", reason="invalid")
    assert refused == ill[0].total("erc8004_auth_failures_total", reason="invalid") + 10
    assert (found["status"], found["cure"]) == ("warning", "flask api-keys list")
    assert f"for a key that is: invalid {refused:.0f}" in found["figure"]
    assert stand.is_healthy()

    told = stand.type(found["cure"])

    assert f"{secret[:15]}  revoked  pro" in told
    made = stand.type("flask api-keys create --name partner --tier pro --scope read --secret-only")
    cured = stand.during(lambda: read(200, {"Authorization": f"Bearer {made.strip()}"}))
    alerts = fired(well, ill, cured, "AuthenticationFailures")
    symptom(
        "key revoked",
        metric='erc8004_auth_failures_total{reason="invalid"}',
        alert=alerts,
        health="healthy: one client is refused",
        doctor="auth-failures warning",
        cure="flask api-keys list, then create",
    )


def test_rate_limit_is_seen_and_raised_by_a_higher_tier(serve, fired, symptom):
    stand = serve(**FREE)
    key = stand.key("read", tier="free")

    def read(sent):
        return [stand.ask("/key", sent).status_code for _ in range(40)]

    well = stand.during()
    ill = stand.during(lambda: read(key))
    assert read(key) == [429] * 40
    found = stand.doctor()["rate-limits"]
    assert ill[1].total("erc8004_rate_limit_exceeded_total", tier="free") == 35
    assert found["status"] == "warning"
    assert "by tier: free 75" in found["figure"]
    assert stand.is_healthy()

    made = stand.type(f"{found['cure']} --secret-only").strip()

    cured = stand.during(lambda: read({"Authorization": f"Bearer {made}"}))
    assert cured[1].total("erc8004_rate_limit_exceeded_total", tier="pro") == 0
    alerts = fired(well, ill, cured, "RateLimitHits")
    symptom(
        "rate limit hit",
        metric='erc8004_rate_limit_exceeded_total{tier="free"}',
        alert=alerts,
        health="healthy: one client is refused",
        doctor="rate-limits warning",
        cure=found["cure"],
    )


def test_failing_transaction_is_seen_and_told_in_the_log(stand, fired, symptom):
    key = stand.key()
    agent = stand.ask("/agents/register", key, "POST", **factories.agent()).json()["agent_uuid"]

    def give(status):
        for _ in range(2):
            body = factories.feedback(agent_uuid=agent)
            assert stand.ask("/agents/feedback", key, "POST", **body).status_code == status

    well = stand.during(lambda: give(201))
    collide = "raise exception 'collided' using errcode = 'serialization_failure';"
    with trigger(stand.sql, "erc8004_reputation", collide):
        ill = stand.during(lambda: give(503))
    found = stand.doctor()["transactions"]
    assert ill[1].total("erc8004_transactions_total", outcome="failed") == 2
    assert ill[1].total("erc8004_transaction_retries_total") == 6
    assert found["status"] == "failing"
    assert stand.is_healthy()

    assert "collided" in read_of_journal(stand, found["cure"])

    cured = stand.during(lambda: give(201))
    alerts = fired(well, ill, cured, "TransactionsFailing")
    assert stand.sql("select count(*)::int as given from erc8004_reputation") == [{"given": 4}]
    symptom(
        "transactions fail",
        metric='erc8004_transactions_total{outcome="failed"}, erc8004_transaction_retries_total',
        alert=alerts,
        health="healthy: it answers",
        doctor="transactions failing",
        cure="journalctl … | grep 'Transaction failed', then repeat",
    )


def read_of_journal(stand, command):
    """What a command that reads the journal finds, where the log is a file."""
    assert command.startswith("journalctl -u kamiyo-api -n 1000 --no-pager | ")
    return stand.type(
        command.replace("journalctl -u kamiyo-api -n 1000 --no-pager", f"cat {stand.web.log}")
    )


def test_error_burst_of_a_defect_is_seen_and_told_with_its_trace(stand, fired, symptom):
    key = stand.key()
    agent = stand.ask("/agents/register", key, "POST", **factories.agent()).json()["agent_uuid"]

    def read(status):
        return [stand.ask(f"/agents/{agent}/payments", key).status_code for _ in range(20)] == [
            status
        ] * 20

    well = stand.during(lambda: read(200))
    # A migration by hand that nobody told the code of.
    stand.sql("alter table erc8004_agent_payments rename to renamed")
    try:
        ill = stand.during(lambda: read(500))
        found = stand.doctor()["error-rate"]
        assert stand.is_healthy()
    finally:
        stand.sql("alter table renamed rename to erc8004_agent_payments")
    assert ill[1].total("erc8004_request_errors_total", code="INTERNAL_ERROR") == 20
    assert found["status"] == "failing"
    assert "INTERNAL_ERROR 20" in found["figure"]

    told = read_of_journal(stand, found["cure"])

    assert "erc8004_agent_payments" in told
    assert '"trace":"Traceback' in told
    assert read(200)
    cured = stand.during(lambda: read(200))
    alerts = fired(well, ill, cured, "Defects", "HighErrorRate")
    symptom(
        "error burst: defect",
        metric='erc8004_request_errors_total{code="INTERNAL_ERROR"}',
        alert=alerts,
        health="healthy: it answers",
        doctor="error-rate failing",
        cure='journalctl … | grep \'"level":"error"\'',
    )
