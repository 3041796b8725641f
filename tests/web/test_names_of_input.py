"""How clients write the names of parameters, fields and words: mistyped, in any case, or twice."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.clients import outcome
from tests.support.endpoints import AGENTS, BODIES, DECISIONS, FAR_UUID, FEEDBACK, LOOKUP, REGISTER

NEAR = {
    f"{AGENTS}?min_reputaton_score=1": ("min_reputaton_score", "min_reputation_score"),
    f"{AGENTS}?Chain=base": ("Chain", "chain"),
    f"{AGENTS}?trustlevel=good": ("trustlevel", "trust_level"),
    f"{AGENTS}{FAR_UUID}/feedback?min_scores=1": ("min_scores", "min_score"),
    f"{AGENTS}{FAR_UUID}/payments?limits=1": ("limits", "limit"),
    f"{AGENTS}{FAR_UUID}/decision?amount=1": ("amount", "amount_usdc"),
}
MISTYPED = {
    REGISTER: ("owner_adress", "owner_address"),
    FEEDBACK: ("client_adress", "client_address"),
    LOOKUP: ("agent", "agents"),
    DECISIONS: ("amount_usd", "amount_usdc"),
    "/api/v1/agents/link-payment": ("txhash", "tx_hash"),
}
# A word of each choice, as somebody writes it, and as we do.
WORDS = [
    ("", "sort=-Registered_At", "sort=-registered_at"),
    ("", "status=ANY", "status=any"),
    ("", "trust_level=New&trust_level= fair", "trust_level=new&trust_level=fair"),
    ("", "collapse=Owner", "collapse=owner"),
    ("{agent_uuid}/feedback", "sort=-SCORE&source=Api", "sort=-score&source=api"),
    ("{agent_uuid}/payments", "status=Verified&source=Import", "status=verified&source=import"),
    ("{agent_uuid}/validations", "status=PENDING&source=API", "status=pending&source=api"),
    ("{agent_uuid}/reputation", "source=API", "source=api"),
    ("{agent_uuid}/decision", "amount_usdc=1&policy=Strict", "amount_usdc=1&policy=strict"),
]
# A parameter that takes one value: of two, the first counts.
TWICE = [
    ("", "limit=1&limit=2", "limit=1"),
    ("", "q=weather&q=nothing", "q=weather"),
    ("", "sort=registered_at&sort=-registered_at", "sort=registered_at"),
    ("", "status=revoked&status=active", "status=revoked"),
    ("", "chain=polygon&chain=base", "chain=polygon"),
    ("", "limit=1&limit=nonsense", "limit=1"),
    ("{agent_uuid}/feedback", "min_score=95&min_score=0", "min_score=95"),
    ("{agent_uuid}/decision", "amount_usdc=1&amount_usdc=9000", "amount_usdc=1"),
]


def messages(answer):
    """The messages of a refusal by field."""
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    return answer.get_json(force=True)["errors"]


@pytest.fixture
def same(get, make_agent, give_feedback, link_payment, request_validation, refresh):
    """Whether two query strings get the same answer at a path below an agent's."""
    agents = [make_agent(), make_agent(chain="polygon")]
    agent_uuid = agents[0]["agent_uuid"]
    for score in (90, 100):
        give_feedback(agent_uuid=agent_uuid, score=score)
    link_payment(agent_uuid=agent_uuid)
    request_validation(agent_uuid=agent_uuid)
    refresh()

    def compare(path, one, other):
        path = f"/agents/{path.format(agent_uuid=agent_uuid)}"
        return steady(get(f"{path}?{one}")) == steady(get(f"{path}?{other}"))

    return compare


def steady(answer):
    """An answer without what is another at each time."""
    return {name: value for name, value in answer.items() if name not in ("decided_at", "as_of")}


@pytest.mark.parametrize("path", NEAR)
def test_unknown_parameter_names_the_nearest(client, admin, path):
    mistyped, meant = NEAR[path]
    errors = messages(client.get(path, headers=admin))
    assert errors[mistyped] == [f"Unknown field. Did you mean {meant}?"]


@pytest.mark.parametrize("path", MISTYPED)
def test_unknown_field_names_the_nearest(client, admin, path):
    mistyped, meant = MISTYPED[path]
    errors = messages(client.post(path, json={**BODIES[path], mistyped: 1}, headers=admin))
    assert errors == {mistyped: [f"Unknown field. Did you mean {meant}?"]}


def test_unknown_field_of_an_inner_object_names_the_nearest(client, admin):
    inner = {**BODIES[DECISIONS], "policy": {"min_leveln": "good"}}
    errors = messages(client.post(DECISIONS, json=inner, headers=admin))
    assert errors == {"policy": {"min_leveln": ["Unknown field. Did you mean min_level?"]}}


def test_field_that_is_like_none_has_no_hint(client, admin):
    body = {**BODIES[FEEDBACK], "colour": 1, "x" * 10_000: 1}
    errors = messages(client.post(FEEDBACK, json=body, headers=admin))
    assert set(map(tuple, errors.values())) == {("Unknown field.",)}


def test_only_the_first_unknown_fields_have_hints(client, admin):
    many = {f"scores{number}": 1 for number in range(10)}
    errors = messages(client.post(FEEDBACK, json={**BODIES[FEEDBACK], **many}, headers=admin))
    assert sum("Did you mean score?" in each[0] for each in errors.values()) == 5


@pytest.mark.parametrize(("path", "written", "ours"), WORDS)
def test_words_are_taken_in_any_case(same, path, written, ours):
    assert same(path, written, ours)


def test_words_in_bodies_are_taken_in_any_case(client, admin, make_agent):
    agent_uuid = make_agent()["agent_uuid"]
    path = f"{AGENTS}{agent_uuid}"
    changed = client.patch(path, json={"status": "Suspended"}, headers=admin)
    assert (changed.status_code, changed.json["status"]) == (200, "suspended")
    client.patch(path, json={"status": "ACTIVE"}, headers=admin)
    paid = factories.payment(agent_uuid=agent_uuid, status="Verified")
    linked = client.post("/api/v1/agents/link-payment", json=paid, headers=admin)
    assert (linked.status_code, linked.json["status"]) == (201, "verified")
    asked = {"agents": [{"agent_uuid": agent_uuid}], "include": ["Stats"]}
    (item,) = client.post(LOOKUP, json=asked, headers=admin).json["agents"]
    assert item["stats"]
    policy = {"ignore": ["stale"], "allow_from": "Good", "unknown": "BLOCK"}
    decision = {"agent_uuid": agent_uuid, "amount_usdc": "1", "policy": policy}
    assert client.post(DECISIONS, json=decision, headers=admin).status_code == 200


def test_word_that_is_none_of_a_choice_is_still_refused(client, admin):
    errors = messages(client.get(f"{AGENTS}?status=activ&sort=score", headers=admin))
    assert set(errors) == {"status", "sort"}


def test_page_after_a_word_in_another_case_is_one_of_the_same_list(get, make_agent):
    for _ in range(2):
        make_agent()
    cursor = get("/agents/?sort=-Registered_at&limit=1")["next_cursor"]
    assert len(get(f"/agents/?sort=-registered_at&limit=1&cursor={cursor}")["agents"]) == 1


@pytest.mark.parametrize(("path", "twice", "first"), TWICE)
def test_of_a_parameter_that_comes_twice_the_first_counts(same, path, twice, first):
    assert same(path, twice, first)


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1"])
def test_index_leads_to_where_a_client_begins(client, admin, path):
    index = client.get(path)
    assert index.status_code == 200
    paths = [value for name, value in index.json.items() if name != "version"]
    assert len(paths) == 6
    assert {client.get(each, headers=admin).status_code for each in paths} == {200}
