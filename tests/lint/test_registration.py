"""What is found in registration files."""

from __future__ import annotations

import json

import pytest

from kamiyo_api.lint.members import TYPE
from kamiyo_api.schemas.lint import MEANINGS, SEVERITIES
from tests.support import factories

WALLET = factories.address()


@pytest.fixture
def lint(make_agent, get):
    """The answer about an agent with a file; `changes` replaces members, None leaves one out."""

    def ask(file=None, **changes):
        number = changes.pop("number", "77")
        agent = make_agent(agent_id=number, registration_file={"name": "placeholder"})
        registry = get(f"/agents/{agent['agent_uuid']}")["agent_registry"]
        whole = complete(number, registry) | changes if file is None else file
        written = {name: value for name, value in whole.items() if value is not None}
        owned = f"/agents/{agent['agent_uuid']}"
        return owned, written, registry

    return ask


def complete(number, registry):
    """A file in which nothing is to be changed."""
    return {
        "type": TYPE,
        "name": "Tide table",
        "description": "Says when the tide is high, for 0.01 USDC.",
        "image": "https://tides.example/tide.png",
        "services": [
            {"name": "A2A", "endpoint": "https://tides.example/card.json", "version": "0.3.0"},
            {"name": "ENS", "endpoint": "tides.eth"},
            {"name": "email", "endpoint": "me@tides.example"},
            {"name": "DID", "endpoint": "did:web:tides.example"},
            {"name": "agentWallet", "endpoint": f"eip155:8453:{WALLET}"},
        ],
        "x402Support": True,
        "active": True,
        "registrations": [{"agentId": int(number), "agentRegistry": registry}],
        "supportedTrust": ["reputation"],
    }


@pytest.fixture
def findings(lint, client, admin, get):
    """What is found in a file, as code -> (severity, path, text)."""

    def ask(file=None, **changes):
        owned, written, _ = lint(file, **changes)
        # As text: orjson writes numbers of 64 bits at most.
        body = json.dumps({"registration_file": written})
        path, kind = f"/api/v1{owned}", "application/json"
        answer = client.patch(path, data=body, content_type=kind, headers=admin)
        assert answer.status_code == 200, answer.text
        return get(f"{owned}/registration/lint")

    return ask


def test_nothing_is_found_in_a_complete_file(findings):
    answer = findings()
    assert answer["findings"] == []
    assert answer["counts"] == dict.fromkeys(SEVERITIES, 0)
    assert answer["is_read"]


def service(**members):
    """The list of one service."""
    return [{"name": "web", "endpoint": "https://tides.example/"} | members]


LONG = "x" * 5_000
CASES = [
    ({"type": None}, "REQUIRED_MISSING", "type"),
    ({"type": "https://eips.ethereum.org/EIPS/eip-8004"}, "WRONG_TYPE", "type"),
    ({"name": None}, "REQUIRED_MISSING", "name"),
    ({"name": "  "}, "REQUIRED_MISSING", "name"),
    ({"name": 7}, "WRONG_KIND", "name"),
    ({"name": "n" * 201}, "TOO_LONG", "name"),
    ({"name": "knab\u202eeye"}, "HIDDEN_CHARACTERS", "name"),
    ({"description": None}, "RECOMMENDED_MISSING", "description"),
    ({"description": LONG}, "TOO_LONG", "description"),
    ({"image": None}, "RECOMMENDED_MISSING", "image"),
    ({"image": "http://tides.example/tide.png"}, "NOT_HTTPS", "image"),
    ({"image": "data:image/png;base64,AAAA"}, "DATA_URI", "image"),
    ({"image": "tide.png"}, "MALFORMED", "image"),
    ({"image": "ftp://tides.example/tide.png"}, "UNUSUAL_SCHEME", "image"),
    ({"services": None}, "RECOMMENDED_MISSING", "services"),
    ({"services": []}, "RECOMMENDED_MISSING", "services"),
    ({"services": {"web": "https://tides.example"}}, "WRONG_KIND", "services"),
    ({"services": ["A2A"]}, "WRONG_KIND", "services[0]"),
    ({"services": service() * 101}, "TOO_MANY", "services"),
    ({"services": service(name=None)}, "REQUIRED_MISSING", "services[0].name"),
    ({"services": service(endpoint="")}, "REQUIRED_MISSING", "services[0].endpoint"),
    (
        {"services": [{"type": "web", "endpoint": "https://t.example"}]},
        "RENAMED",
        "services[0].type",
    ),
    ({"services": [{"name": "web", "url": "https://t.example"}]}, "RENAMED", "services[0].url"),
    ({"services": service(endpoint=["x"])}, "WRONG_KIND", "services[0].endpoint"),
    ({"services": service(endpoint="http://t.example")}, "NOT_HTTPS", "services[0].endpoint"),
    ({"services": service(endpoint="data:text/html,x")}, "DATA_URI", "services[0].endpoint"),
    (
        {"services": service(endpoint="javascript:alert(1)")},
        "UNUSUAL_SCHEME",
        "services[0].endpoint",
    ),
    ({"services": service(endpoint="https://localhost:80/")}, "NOT_PUBLIC", "services[0].endpoint"),
    ({"services": service(endpoint="https://10.0.0.1/")}, "NOT_PUBLIC", "services[0].endpoint"),
    ({"services": service(endpoint="https://[::1]/")}, "NOT_PUBLIC", "services[0].endpoint"),
    ({"services": service(endpoint="https://[")}, "MALFORMED", "services[0].endpoint"),
    (
        {"services": service(endpoint=f"https://t.example/{LONG}")},
        "TOO_LONG",
        "services[0].endpoint",
    ),
    ({"services": service(name="MCP")}, "OPTIONAL_MISSING", "services[0].version"),
    ({"services": service(version=1)}, "WRONG_KIND", "services[0].version"),
    (
        {"services": service(name="ENS", endpoint="https://t.example")},
        "MALFORMED",
        "services[0].endpoint",
    ),
    ({"services": service(name="email", endpoint="a.b.c")}, "MALFORMED", "services[0].endpoint"),
    ({"services": service(name="DID", endpoint="web")}, "MALFORMED", "services[0].endpoint"),
    (
        {"services": service(name="agentWallet", endpoint="0x1")},
        "MALFORMED",
        "services[0].endpoint",
    ),
    ({"services": None, "endpoints": service()}, "RENAMED", "endpoints"),
    ({"x402Support": None}, "OPTIONAL_MISSING", "x402Support"),
    ({"x402Support": "true"}, "WRONG_KIND", "x402Support"),
    ({"x402Support": 1}, "WRONG_KIND", "x402Support"),
    ({"x402Support": None, "x402support": True}, "RENAMED", "x402support"),
    ({"active": False}, "NOT_ACTIVE", "active"),
    ({"active": None}, "OPTIONAL_MISSING", "active"),
    ({"supportedTrust": []}, "OPTIONAL_MISSING", "supportedTrust"),
    ({"supportedTrust": ["vibes"]}, "UNKNOWN_TRUST", "supportedTrust[0]"),
    ({"supportedTrust": [7]}, "WRONG_KIND", "supportedTrust[0]"),
    ({"supportedTrust": None, "supportedTrusts": ["reputation"]}, "RENAMED", "supportedTrusts"),
    ({"colour": "red"}, "UNKNOWN_MEMBER", "colour"),
    ({"registrations": None}, "NO_REFERENCE", "registrations"),
    ({"registrations": [{"agentId": 78}]}, "MALFORMED", "registrations[0].agentRegistry"),
    ({"registrations": ["77"]}, "WRONG_KIND", "registrations[0]"),
]


@pytest.mark.parametrize(("changes", "code", "path"), CASES)
def test_what_is_to_be_changed_is_found(findings, changes, code, path):
    answer = findings(**changes)
    found = {(each["code"], each["path"]): each for each in answer["findings"]}
    assert (code, path) in found
    text = found[code, path]["text"]
    assert text.endswith(".")
    assert "{" not in text or code == "NO_REFERENCE"
    assert len(text) < 600
    order = [list(SEVERITIES).index(each["severity"]) for each in answer["findings"]]
    assert order == sorted(order)


def test_only_what_is_meant_is_found(findings):
    for changes, code, path in CASES[:20]:
        answer = findings(**changes, number=str(1_000 + CASES.index((changes, code, path))))
        assert [(each["code"], each["path"]) for each in answer["findings"]] == [(code, path)]


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        ({"agentId": "{number}"}, ["NUMBER_AS_TEXT"]),
        ({"agentId": 1}, ["NO_REFERENCE"]),
        ({"agentId": None}, ["NO_REFERENCE"]),
        (
            {"agentRegistry": "eip155:1:0x8004A169FB4a3325136EB29fA0ceB6D2e539a432"},
            ["NO_REFERENCE"],
        ),
        ({"agentId": 77.5}, ["NO_REFERENCE", "WRONG_KIND"]),
    ],
)
def test_entry_names_this_agent_in_this_registry(findings, lint, entry, codes):
    registry = lint()[2]
    number = str(2**200 + 1)
    changed = {
        name: value.format(number=number) if isinstance(value, str) else value
        for name, value in entry.items()
    }
    whole = {"agentId": int(number), "agentRegistry": registry} | changed
    answer = findings(number=number, registrations=[whole])
    assert sorted(each["code"] for each in answer["findings"]) == codes
    for each in answer["findings"]:
        if each["code"] == "NO_REFERENCE":
            entry = {"agentId": int(number), "agentRegistry": registry}
            assert json.dumps(entry) in each["text"]


def test_large_number_is_compared_exactly(findings, lint):
    number, registry = str(2**200 + 1), lint()[2]
    assert findings(number=number)["findings"] == []
    entry = {"agentId": 2**200, "agentRegistry": registry}
    found = findings(number=str(2**200 + 3), registrations=[entry])["findings"]
    assert [each["code"] for each in found] == ["NO_REFERENCE"]


def test_agent_without_a_token_cannot_be_named(make_agent, get):
    agent = make_agent(agent_id=None, registration_file={"name": "New"})
    found = get(f"/agents/{agent['agent_uuid']}/registration/lint")["findings"]
    assert "NOT_ON_CHAIN" in [each["code"] for each in found]


@pytest.mark.parametrize(
    ("uri", "status", "reason", "code"),
    [
        (None, None, None, "NO_URI"),
        ("ipfs://x", None, None, "NOT_READ"),
        ("ipfs://x", "pending", None, "NOT_READ"),
        ("ipfs://x", "failed", "timeout", "UNREADABLE"),
        ("", "failed", "empty_uri", "NO_URI"),
    ],
)
def test_file_that_is_not_known_is_said_to_be(make_agent, get, sql, uri, status, reason, code):
    agent_uuid = make_agent()["agent_uuid"]
    sql(
        "update erc8004_agents set registration_file = null, token_uri = %s where id = %s",
        uri,
        agent_uuid,
    )
    if status:
        sql(
            "insert into erc8004_file_fetches (agent_uuid, kind, status, reason)"
            " values (%s, 'registration', %s, %s)",
            agent_uuid,
            status,
            reason,
        )
    answer = get(f"/agents/{agent_uuid}/registration/lint")
    assert [each["code"] for each in answer["findings"]] == [code]
    assert not answer["is_read"]


def test_findings_are_bounded(findings):
    bad = [{"name": 7, "endpoint": f"http://t.example/{place}"} for place in range(200)]
    answer = findings(services=bad, **{f"member{place}": 1 for place in range(90)})
    assert len(answer["findings"]) == 100
    assert answer["is_cut"]
    assert answer["counts"]["note"] == 20
    assert len(json.dumps(answer)) < 60_000


def test_unknown_agent_has_no_file(client, admin):
    path = "/api/v1/agents/00000000-0000-4000-8000-000000000000/registration/lint"
    answer = client.get(path, headers=admin)
    assert (answer.status_code, answer.json["code"]) == (404, "AGENT_NOT_FOUND")


def test_every_code_has_a_case(findings):
    others = {"NO_URI", "UNREADABLE", "NOT_READ", "NUMBER_AS_TEXT", "NOT_ON_CHAIN"}
    assert {code for _, code, _ in CASES} | others == set(MEANINGS)
