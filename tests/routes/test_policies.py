"""Every view chooses its policy, on itself; no list elsewhere knows it."""

from __future__ import annotations

import pytest

from kamiyo_api.access.api_key import ApiKey
from kamiyo_api.policies import Policy, policy_of, public, requires, transactional
from kamiyo_api.web.blueprint import ApiBlueprint

SCOPES = {None, "any", "read", "write", "payments", "admin"}
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
CACHED = {
    "/api/v1/agents/": "search",
    "/api/v1/agents/<uuid:agent_uuid>": "agent",
    "/api/v1/agents/<uuid:agent_uuid>/stats": "stats",
    "/api/v1/agents/<uuid:agent_uuid>/reputation": "reputation",
    "/api/v1/agents/<uuid:agent_uuid>/decision": "decision",
    "/api/v1/agents/<uuid:agent_uuid>/trust": "trust",
}
PROBES = {"/health", "/health/live", "/metrics"}


@pytest.fixture(scope="module")
def policies(session_app):
    """The policy of every route, with its methods."""
    views = session_app.view_functions
    rules = session_app.url_map.iter_rules()
    return [(rule.rule, rule.methods, policy_of(views[rule.endpoint])) for rule in rules]


def test_every_view_chose_its_policy(policies):
    assert len(policies) > 30
    assert {policy.scope for _, _, policy in policies} <= SCOPES


def test_whatever_writes_is_transactional_and_needs_a_key_that_may(policies):
    for rule, methods, policy in policies:
        is_write = bool(WRITES & methods) and policy.budget != "read"
        assert policy.is_transactional == is_write, rule
        assert not is_write or policy.scope in ("write", "payments", "admin"), rule


def test_only_registrations_count_as_such(policies):
    registering = [rule for rule, _, policy in policies if policy.budget == "register"]
    assert registering == ["/api/v1/agents/register"]


def test_only_lookups_and_decisions_read_with_a_body(policies):
    reading = {rule for rule, _, policy in policies if policy.budget == "read"}
    decisions = {"/api/v1/decisions", "/api/v1/decisions/batch"}
    assert reading == {"/api/v1/agents/lookup"} | decisions


def test_probes_alone_read_no_key_and_are_quiet(policies):
    assert {rule for rule, _, policy in policies if policy.is_quiet} == PROBES
    assert {rule for rule, _, policy in policies if not policy.reads_key} == PROBES


def test_five_resources_are_cached(policies):
    found = {rule: policy.cached for rule, _, policy in policies if policy.cached}
    assert found == CACHED


def undeclared():
    """Answer."""


@transactional
def unscoped():
    """Answer."""


@pytest.mark.parametrize("view", [undeclared, unscoped])
def test_view_without_a_scope_is_not_registered(view):
    blueprint = ApiBlueprint("any", __name__)
    with pytest.raises(TypeError, match="declares no policy"):
        blueprint.get("/any")(view)


def test_view_without_a_scope_takes_no_key(key):
    assert not Policy().admits(key)
    assert not Policy().admits(None)


@pytest.fixture
def key():
    """A key that may read and write."""
    scopes = frozenset({"read", "write"})
    return ApiKey("id", "id", "kamiyo_any", "any", "free", scopes, None, None, None)


@pytest.mark.parametrize(
    ("declare", "with_key", "without"),
    [
        (requires("read"), True, False),
        (requires("any"), True, False),
        (requires("payments"), False, False),
        (public(), True, True),
    ],
)
def test_policy_admits_the_keys_that_it_says(key, declare, with_key, without):
    policy = policy_of(declare(lambda: None))
    assert (policy.admits(key), policy.admits(None)) == (with_key, without)
