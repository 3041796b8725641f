"""Cursors that the service did not sign, or signed for another walk: 400, and no query is run."""

from __future__ import annotations

import base64
import json
import re

import pytest

from bench.serving import serving
from kamiyo_api.config import Config, ConfigError
from kamiyo_api.doctor.support_bundle import settings
from kamiyo_api.observability.redaction import redactor
from tests.support import factories
from tests.support.clients import outcome

OLD, NEW = "an-old-secret-of-ours", "a-new-secret-of-ours"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FILTERS = {
    "owner_address": "0x" + "1" * 40,
    "chain": "ethereum",
    "agent_id": "1",
    "status": "any",
    "trust_level": "new",
    "min_reputation_score": "0",
    "min_average_score": "0",
    "min_effective_reviewers": "0",
    "min_paying_reviewers": "0",
    "min_success_rate": "0",
    "min_feedback": "0",
    "service": "mcp",
    "x402": "true",
    "q": "weather",
    "sort": "registered_at",
}


@pytest.fixture
def agents(make_agent):
    """Two agents, the second of which has two rows in each list."""
    return [make_agent()["agent_uuid"] for _ in range(2)]


@pytest.fixture
def lists(agents, client, admin, give_feedback, link_payment, request_validation):
    """The paths of every list that has a second page."""
    agent = agents[1]
    for add in (link_payment, request_validation, give_feedback, give_feedback):
        add(agent_uuid=agent)
    link_payment(agent_uuid=agent)
    request_validation(agent_uuid=agent)
    feedback = give_feedback(agent_uuid=agent)["feedback_id"]
    responses = f"/agents/feedback/{feedback}/responses"
    for _ in range(2):
        body = {"responder_address": factories.address(), "response_uri": "ipfs://x"}
        client.post(f"/api/v1{responses}", json=body, headers=admin)
    of_agent = [f"/agents/{agent}/{name}" for name in ("feedback", "payments", "validations")]
    return ["/agents/", *of_agent, responses]


@pytest.fixture
def refused(client, admin):
    """Assert that a path with a cursor is refused, and says what to do."""

    def check(path, cursor):
        mark = "&" if "?" in path else "?"
        answer = client.get(f"/api/v1{path}{mark}cursor={cursor}", headers=admin)
        assert outcome(answer) == (400, "INVALID_CURSOR"), (path, cursor)
        assert "start again without it" in answer.json["detail"]

    return check


def cursor_at(get, path):
    return get(f"{path}{'&' if '?' in path else '?'}limit=1")["next_cursor"]


def test_every_altered_character_makes_a_cursor_invalid(get, lists, refused):
    for path in lists:
        cursor = cursor_at(get, path)
        for place, character in enumerate(cursor):
            other = ALPHABET[(ALPHABET.index(character) + 1) % len(ALPHABET)]
            refused(path, cursor[:place] + other + cursor[place + 1 :])


def test_cut_and_lengthened_cursors_are_invalid(get, lists, refused):
    cursor = cursor_at(get, "/agents/")
    for altered in (cursor[:-1], cursor[1:], cursor + "A", cursor + "=", "A" + cursor, cursor[:22]):
        refused("/agents/", altered)


def test_forged_total_never_reaches_the_database(get, agents, refused):
    """A total beyond what is few would make each page walk an index of the sort."""
    cursor = cursor_at(get, "/agents/")
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    parts = json.loads(raw[16:])
    forged = json.dumps([*parts[:-1], 10**9]).encode()
    for signature in (b"", raw[:16], b"\0" * 16):
        refused("/agents/", base64.urlsafe_b64encode(signature + forged).decode().rstrip("="))


def test_cursor_from_before_cursors_were_signed_is_invalid(agents, refused):
    before = ["-registered_at", None, "2026-11-23T19:34:31.194813Z", agents[0], 2]
    refused("/agents/", base64.urlsafe_b64encode(json.dumps(before).encode()).decode().rstrip("="))


@pytest.mark.parametrize("name", FILTERS)
def test_cursor_of_a_search_is_bound_to_each_filter_and_the_sort(get, agents, refused, name):
    cursor = cursor_at(get, "/agents/")
    refused(f"/agents/?{name}={FILTERS[name]}", cursor)


def test_cursor_of_feedback_is_bound_to_each_filter(get, lists, refused):
    path = lists[1]
    cursor = cursor_at(get, path)
    for asked in ("tag1=a", "tag2=a", "include_revoked=true", f"client_address=0x{'1' * 40}"):
        refused(f"{path}?{asked}", cursor)


def test_cursor_of_one_list_is_invalid_in_every_other(get, agents, lists, refused):
    others = [*lists, f"/agents/{agents[0]}/feedback", f"/agents/{agents[0]}/payments"]
    for path in lists:
        cursor = cursor_at(get, path)
        for other in others:
            if other != path:
                refused(other, cursor)


def test_limit_and_the_order_of_levels_may_change_along_a_walk(get, make_agent):
    for _ in range(3):
        make_agent()
    first = get("/agents/?trust_level=new&trust_level=fair&limit=1")
    path = f"/agents/?limit=2&trust_level=fair&trust_level=new&cursor={first['next_cursor']}"
    assert len(get(path)["agents"]) == 2


@pytest.fixture
def walk(agents, admin, link_payment):
    """Read one payment of three on a server; the next cursor."""
    for _ in range(3):
        link_payment(agent_uuid=agents[0])

    def read(server, cursor="", status=200):
        path = f"/api/v1/agents/{agents[0]}/payments?limit=1{cursor and '&cursor='}{cursor}"
        answer = server.request("GET", path, headers=admin)
        assert answer.status_code == status, answer.text
        return answer.json().get("next_cursor")

    return read


def test_keys_are_rotated_without_breaking_walks(walk):
    with serving(CURSOR_KEYS=OLD) as server:
        begun = walk(server)
    with serving(CURSOR_KEYS=f"{NEW}, {OLD}") as server:
        going_on = walk(server, begun)
    with serving(CURSOR_KEYS=NEW) as server:
        assert walk(server, going_on) is None
        walk(server, begun, status=400)
        assert walk(server, walk(server)) == going_on


def test_processes_without_the_setting_read_each_others_cursors(walk, server):
    begun = walk(server)
    with serving() as other:
        assert walk(other, walk(other, begun)) is None
    with serving(CURSOR_KEYS=NEW) as other:
        walk(other, begun, status=400)


@pytest.fixture
def configured(app, monkeypatch):
    """The settings with these keys of cursors."""

    def read(value):
        monkeypatch.setenv("CURSOR_KEYS", value)
        return Config.from_environment()

    return read


@pytest.mark.parametrize("value", ["short", ",", f"{OLD},short", f"{OLD} x", "fifteen-letters"])
def test_weak_keys_end_the_start_with_a_line_that_does_not_show_them(configured, value):
    with pytest.raises(ConfigError) as refusal:
        configured(value)
    assert "CURSOR_KEYS must be" in str(refusal.value)
    assert not re.search("short|fifteen-letters|old-secret", str(refusal.value))


@pytest.mark.parametrize("value", ["", "  ", OLD, f"{NEW},{OLD}", f" {NEW}  {OLD}, "])
def test_keys_are_separated_by_commas_or_spaces(configured, value):
    assert configured(value).cursor_keys == re.findall(r"[\w-]+", value)


def test_keys_are_shown_nowhere(configured):
    config = configured(f"{NEW},{OLD}")
    scrubbed = redactor(config)(f"cursors of {OLD} and {NEW}")
    shown = (repr(config), json.dumps(settings(config), default=str), scrubbed)
    assert settings(config)["cursor_keys"] == "set"
    for text in shown:
        assert OLD not in text
        assert NEW not in text
