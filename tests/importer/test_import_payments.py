"""Importing payments from lines of JSON: each is stored once, by its log, nonce or agent."""

from __future__ import annotations

import pytest

from tests.support.imports import figures

PAYMENTS = "select * from erc8004_agent_payments order by tx_hash, log_index, amount_usdc"
REGISTRY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
PAYER = "0x7777777777777777777777777777777777777777"
TX = f"0x{'ab' * 32}"
NONCE = f"0x{'cd' * 32}"


@pytest.fixture
def agent(make_agent):
    return make_agent(agent_id="77")


def line(**overrides):
    """One payment as an indexer writes the transfer of an x402 payment."""
    return {
        "agent": f"eip155:8453:{REGISTRY}:77",
        "network": "eip155:8453",
        "tx_hash": TX,
        "log_index": 3,
        "payer_address": PAYER,
        "payee_address": REGISTRY,
        "amount_usdc": "0.010000",
        "status": "verified",
        "endpoint": "https://a.example/mcp",
        "created_at": "2026-02-03T04:05:06Z",
        **overrides,
    }


def keyless(**overrides):
    """One without a log or a nonce."""
    return line(log_index=None, payer_address=None, payee_address=None, **overrides)


def linked(link_payment, agent, **overrides):
    """The same payment, linked over HTTP."""
    body = {"tx_hash": TX, "amount_usdc": "0.01", **overrides}
    return link_payment(agent_uuid=agent["agent_uuid"], **body)


def test_a_payment_is_stored_with_its_own_times_and_counted(
    run_import_of, agent, get, refresh, sql
):
    pending = line(log_index=4, status="pending")
    lines = [line(verified_at=1770091507), pending, line(log_index=5, status="failed")]
    assert figures(run_import_of("payments", lines)) == (3, 0, 0, 0, 0)
    stored = get(f"/agents/{agent['agent_uuid']}/payments")["payments"]
    by_log = {each["log_index"]: each for each in stored}
    first = by_log[3]
    assert (first["created_at"], first["verified_at"]) == (
        "2026-02-03T04:05:06.000000Z",
        "2026-02-03T04:05:07.000000Z",
    )
    assert (first["amount_usdc"], first["chain"], first["tx_hash"]) == ("0.010000", "base", TX)
    assert (first["payer_address"], first["payee_address"]) == (PAYER, REGISTRY)
    assert (by_log[4]["status"], by_log[4]["verified_at"]) == ("pending", None)
    stats = get(f"/agents/{agent['agent_uuid']}/stats")
    assert (stats["total_payments"], stats["successful_payments"], stats["failed_payments"]) == (
        *(3, 1, 1),
    )
    refresh()
    view = "select * from v_erc8004_agent_stats order by agent_uuid"
    incremental = sql(view)
    sql("select refresh_erc8004_stats(true)")
    assert sql(view) == incremental


def test_a_line_is_stored_once_by_its_log_its_nonce_or_its_agent(
    run_import_of, agent, make_agent, sql
):
    make_agent(agent_id="78")
    other = f"eip155:8453:{REGISTRY}:78"
    lines = [
        line(),
        line(log_index=4),
        line(tx_hash=TX.replace("ab", "ac")),
        line(log_index=None, nonce=NONCE, amount_usdc=1),
        line(log_index=None, nonce=7, amount_usdc=2),
        keyless(tx_hash=TX.replace("ab", "ad")),
        keyless(tx_hash=TX.replace("ab", "ad"), agent=other),
        line(network="ethereum"),
    ]
    assert figures(run_import_of("payments", [*lines, *lines[::-1]])) == (8, 0, 8, 0, 0)
    before = sql(PAYMENTS)
    assert figures(run_import_of("payments", lines[::-1])) == (0, 0, 8, 0, 0)
    assert sql(PAYMENTS) == before
    assert sql("select count(*) as n from erc8004_payment_changes") == [{"n": 8}]


@pytest.mark.parametrize(
    ("first", "second", "status", "change"),
    [
        ("pending", "verified", "verified", (0, 1, 0, 0, 0)),
        ("pending", "failed", "failed", (0, 1, 0, 0, 0)),
        ("failed", "verified", "verified", (0, 1, 0, 0, 0)),
        ("failed", "rejected", "rejected", (0, 1, 0, 0, 0)),
        ("failed", "pending", "failed", (0, 0, 0, 1, 0)),
        ("verified", "pending", "verified", (0, 0, 0, 1, 0)),
        ("verified", "failed", "verified", (0, 0, 0, 1, 0)),
        ("rejected", "verified", "rejected", (0, 0, 0, 1, 0)),
        ("verified", "verified", "verified", (0, 0, 1, 0, 0)),
    ],
)
@pytest.mark.parametrize("key", [{}, {"log_index": None, "nonce": NONCE}, {"log_index": None}])
def test_newer_news_settles_and_older_changes_nothing(
    run_import_of, agent, sql, first, second, status, change, key
):
    run_import_of("payments", [line(status=first, **key)])
    assert figures(run_import_of("payments", [line(status=second, **key)])) == change
    assert [each["status"] for each in sql(PAYMENTS)] == [status]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_newest_status_counts_wherever_it_stands_in_a_file(run_import_of, agent, sql, order):
    lines = [line(status=each) for each in ("pending", "failed", "verified")]
    result = run_import_of("payments", [lines[place] for place in order])
    assert figures(result) == (1, 0, 0, 2, 0)
    assert [each["status"] for each in sql(PAYMENTS)] == ["verified"]


def test_a_payment_that_came_over_http_stays_one_row(run_import_of, agent, link_payment, sql):
    first = linked(link_payment, agent, status="pending")
    assert figures(run_import_of("payments", [line(), line(log_index=4)])) == (1, 1, 0, 0, 0)
    assert figures(run_import_of("payments", [line(), line(log_index=4)])) == (0, 0, 2, 0, 0)
    assert {each["log_index"]: str(each["id"]) for each in sql(PAYMENTS)}[3] == first["payment_id"]
    again = {"status": "verified", "log_index": 4}
    assert figures(run_import_of("payments", [keyless()])) == (0, 0, 1, 0, 0)
    assert len(sql(PAYMENTS)) == 2
    assert again["log_index"] == sql(PAYMENTS)[1]["log_index"]


@pytest.mark.parametrize("key", [{"log_index": 3}, {"payer_address": PAYER, "nonce": NONCE}, {}])
@pytest.mark.parametrize("is_told_with_key", [True, False])
def test_a_payment_linked_after_an_import_is_the_imported_one(
    run_import_of, agent, client, admin, sql, key, is_told_with_key
):
    run_import_of("payments", [line(nonce=NONCE) if is_told_with_key else keyless()])
    body = {"agent_uuid": agent["agent_uuid"], "chain": "base", "tx_hash": TX, **key}
    body |= {"amount_usdc": "0.01", "status": "verified"}
    answer = client.post("/api/v1/agents/link-payment", json=body, headers=admin)
    assert answer.status_code == 200, answer.json
    assert len(sql(PAYMENTS)) == 1


def test_a_payment_says_that_an_import_brought_it_and_keeps_it(
    run_import_of, agent, client, admin, get
):
    run_import_of("payments", [line(status="pending")])
    (listed,) = get(f"/agents/{agent['agent_uuid']}/payments")["payments"]
    body = {"agent_uuid": agent["agent_uuid"], "chain": "base", "tx_hash": TX, "log_index": 3}
    body |= {"amount_usdc": "0.01", "status": "verified"}
    settled = client.post("/api/v1/agents/link-payment", json=body, headers=admin).json
    read = get(f"/agents/payments/{settled['payment_id']}")
    assert (settled["payment_id"], settled["status"]) == (listed["payment_id"], "verified")
    assert [each["source"] for each in (listed, settled, read)] == ["import"] * 3


def test_an_import_takes_over_a_payment_of_a_client_only_if_it_says_something_new(
    run_import_of, agent, link_payment, sql
):
    posted = linked(link_payment, agent, log_index=3, status="pending")
    said = keyless(status="pending", endpoint=posted["endpoint"], created_at=None)
    for each, change, source in (
        (said, (0, 0, 1, 0, 0), "api"),
        (said | {"status": "verified"}, (0, 1, 0, 0, 0), "import"),
        (said, (0, 0, 0, 1, 0), "import"),
    ):
        assert figures(run_import_of("payments", [each])) == change
        assert [row["source"] for row in sql(PAYMENTS)] == [source]
    assert posted["source"] == "api"


def test_lines_with_and_without_a_key_about_one_payment_are_one_row(run_import_of, agent, sql):
    lines = [keyless(), line(nonce=NONCE), line(log_index=None, nonce=NONCE), line()]
    assert figures(run_import_of("payments", lines)) == (1, 0, 3, 0, 0)
    (stored,) = sql(PAYMENTS)
    assert (stored["log_index"], stored["nonce"]) == (3, NONCE)


def test_two_payments_of_one_transaction_without_keys_are_told_apart_or_rejected(
    run_import_of, agent, sql
):
    result = run_import_of("payments", [keyless(), keyless(amount_usdc="0.02")])
    assert figures(result) == (1, 0, 0, 0, 1)
    assert result.stderr == (
        "line 2 refused: its transaction has another payment to this agent; "
        "give log_index, or payer_address and nonce\n"
    )
    keyed = [line(log_index=1), line(log_index=2, amount_usdc="0.02")]
    assert figures(run_import_of("payments", keyed)) == (1, 1, 0, 0, 0)


def test_contradicting_keys_change_no_other_payment(run_import_of, agent, sql):
    run_import_of("payments", [line(), line(log_index=4, nonce=NONCE)])
    assert figures(run_import_of("payments", [line(nonce=NONCE)])) == (0, 0, 1, 0, 0)
    assert [each["nonce"] for each in sql(PAYMENTS)] == [None, NONCE]
    many = [line(log_index=8, nonce=5), line(log_index=9, nonce=5), line(log_index=8, nonce=6)]
    run_import_of("payments", many)
    assert figures(run_import_of("payments", many))[0] == 0


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"tx_hash": None}, "tx_hash must be a hash"),
        ({"network": "atlantis"}, "chain 'atlantis' is not known here"),
        ({"network": ["base"]}, "is not known here"),
        ({"amount_usdc": None}, "needs amount_usdc"),
        ({"amount_usdc": "-1"}, "amount_usdc must be a decimal"),
        ({"amount_usdc": "1e5"}, "amount_usdc must be a decimal"),
        ({"amount_usdc": "0.0000001"}, "amount_usdc must be a decimal"),
        ({"amount_usdc": 10**14}, "amount_usdc must be a decimal"),
        ({"amount_usdc": 1e300}, "amount_usdc must be a decimal"),
        ({"amount_usdc": True}, "amount_usdc must be a decimal"),
        ({"amount_usdc": 0.1234567890123456}, "amount_usdc must be a decimal"),
        ({"amount_usdc": "9" * 5000}, "amount_usdc must be a decimal"),
        ({"status": None}, "status must be one of pending, verified, failed, rejected"),
        ({"status": "paid"}, "status must be one of"),
        ({"status": ["verified"]}, "status must be one of"),
        ({"payer_address": "x"}, "payer_address must be an address"),
        ({"payee_address": 7}, "payee_address must be an address"),
        ({"payer_address": None, "nonce": 7}, "nonce needs payer_address"),
        ({"nonce": 2**256}, "nonce must be a whole number"),
        ({"nonce": "0x12"}, "nonce must be a whole number"),
        ({"nonce": {"x": 1}}, "nonce must be a whole number"),
        ({"log_index": -1}, "log_index must be a whole number"),
        ({"failure_reason": "x"}, "failure_reason is only for a failed or rejected payment"),
        ({"status": "failed", "verified_at": 1770091507}, "verified_at is only for a verified"),
        ({"verified_at": 1770000000}, "verified_at must not be before created_at"),
        ({"created_at": "1999-01-01T00:00:00Z"}, "created_at must be between 2015 and now"),
        ({"agent": f"eip155:8453:{REGISTRY}:78"}, "its agent is not known here"),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason_and_the_rest_is_stored(
    run_import_of, agent, sql, overrides, reason
):
    result = run_import_of("payments", [line(log_index=1), line(**overrides), line(log_index=2)])
    assert figures(result) == (2, 0, 0, 0, 1)
    assert result.stderr.startswith("line 2 refused: ")
    assert reason in result.stderr
    assert len(sql(PAYMENTS)) == 2


def test_amounts_are_exact(run_import_of, agent, sql):
    amounts = ["99999999999999.999999", 12.5, 7, "0"]
    lines = [line(log_index=number, amount_usdc=each) for number, each in enumerate(amounts)]
    assert figures(run_import_of("payments", lines)) == (4, 0, 0, 0, 0)
    assert [str(each["amount_usdc"]) for each in sql(PAYMENTS)] == [
        *("99999999999999.999999", "12.500000", "7.000000", "0.000000"),
    ]


def test_odd_endpoints_stay_apart_and_are_marked(run_import_of, agent, sql):
    odd = [line(log_index=n, endpoint=f"https://a/{n}\0") for n in range(2)]
    assert figures(run_import_of("payments", odd)) == (2, 0, 0, 0, 0)
    assert [each["endpoint"] for each in sql(PAYMENTS)] == [
        *("https://a/0\ufffe0000", "https://a/1\ufffe0000"),
    ]
    assert sql(PAYMENTS)[0]["unstorable"]["endpoint"]["reasons"] == ["nul"]
