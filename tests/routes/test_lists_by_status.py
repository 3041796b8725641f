"""Lists of payments and of validations by status."""

from __future__ import annotations

import pytest

from tests.support.clients import outcome

MARK_EXPIRED = "update erc8004_validations set status = 'expired' where id = %s"
PAYMENTS = ("pending", "verified", "failed", "rejected")


@pytest.fixture
def agent(make_agent):
    return make_agent()["agent_uuid"]


@pytest.fixture
def payments(agent, link_payment):
    """Three payments in each status, in turn; their ids and statuses, newest first."""
    linked = [link_payment(agent_uuid=agent, status=status) for status in PAYMENTS * 3]
    return [(each["payment_id"], each["status"]) for each in reversed(linked)]


@pytest.fixture
def validations(agent, client, admin, request_validation, sql):
    """Three validations that are shown in each status; their ids and statuses, newest first."""
    made = [request_validation(agent_uuid=agent) for _ in range(12)]
    for each in made[::4]:
        path = f"/api/v1/agents/validations/{each['request_hash']}/response"
        client.post(path, json={"response": 90}, headers=admin)
    expiry = "update erc8004_validations set expires_at = now() - interval '1 minute' where id = %s"
    for each in (*made[1::4], *made[2::4]):
        sql(expiry, each["validation_id"])
    for each in made[2::4]:
        sql(
            "update erc8004_validations set status = 'expired' where id = %s", each["validation_id"]
        )
    statuses = ("completed", "expired", "expired", "pending") * 3
    found = zip(made, statuses, strict=True)
    return [(each["validation_id"], status) for each, status in found][::-1]


@pytest.fixture
def walk(get, agent):
    """Follow the cursors of a list by status; ids and statuses."""

    def follow(name, key, *statuses):
        query = "".join(f"&status={status}" for status in statuses)
        path, shown = f"/agents/{agent}/{name}?limit=2{query}", []
        cursor = ""
        while cursor is not None:
            page = get(f"{path}{cursor and '&cursor='}{cursor}")
            shown += [(each[key], each["status"]) for each in page[name]]
            cursor = page["next_cursor"]
        return shown

    return follow


@pytest.mark.parametrize(
    "asked", [(), ("pending",), ("verified",), ("failed", "rejected"), ("failed",) * 2, PAYMENTS]
)
def test_payments_are_listed_by_status(payments, walk, asked):
    expected = [each for each in payments if not asked or each[1] in asked]
    assert walk("payments", "payment_id", *asked) == expected


@pytest.mark.parametrize(
    "asked",
    [(), ("pending",), ("completed",), ("expired",), ("expired", "pending"), ("expired",) * 2],
)
def test_validations_are_listed_by_the_status_that_is_shown(validations, walk, asked):
    expected = [each for each in validations if not asked or each[1] in asked]
    assert walk("validations", "validation_id", *asked) == expected


def test_summary_is_of_all_validations(validations, get, agent):
    page = get(f"/agents/{agent}/validations?status=pending&limit=1")
    assert page["summary"] == {"count": 12, "completed": 3, "mean": 90.0}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("payments", "refunded"),
        ("payments", ""),
        ("payments", "expired"),
        ("validations", "verified"),
    ],
)
def test_status_that_a_list_does_not_know_is_refused(client, admin, agent, name, status):
    answer = client.get(f"/api/v1/agents/{agent}/{name}?status={status}", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["status"]


@pytest.mark.parametrize("name", ["payments", "validations"])
def test_cursor_is_bound_to_the_statuses_in_any_order(
    client, admin, get, agent, payments, validations, name
):
    path = f"/agents/{agent}/{name}?limit=1"
    one, other = {"payments": ("failed", "verified"), "validations": ("expired", "pending")}[name]
    cursor = get(f"{path}&status={one}&status={other}")["next_cursor"]
    assert get(f"{path}&status={other}&status={one}&cursor={cursor}")[name]
    for asked in ("", f"&status={one}"):
        answer = client.get(f"/api/v1{path}{asked}&cursor={cursor}", headers=admin)
        assert outcome(answer) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("name", ["payments", "validations"])
def test_empty_list_is_of_an_agent_that_exists(client, admin, get, agent, name):
    assert get(f"/agents/{agent}/{name}?status=pending")[name] == []
    unknown = "019fffff-ffff-7fff-bfff-ffffffffffff"
    answer = client.get(f"/api/v1/agents/{unknown}/{name}?status=pending", headers=admin)
    assert outcome(answer) == (404, "AGENT_NOT_FOUND")
