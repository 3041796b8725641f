"""Registration files as owners write them: what search and an agent's answer read in them."""

from __future__ import annotations

import json

import pytest

from tests.support.clients import outcome
from tests.support.imports import line

SEARCH = "/api/v1/agents/"


@pytest.fixture
def found(get):
    """The uuids that a query string finds."""
    return lambda query: [each["agent_uuid"] for each in get(f"/agents/?{query}")["agents"]]


@pytest.fixture
def make(make_agent):
    """Register an agent with a file, and answer its uuid."""
    return lambda **file: make_agent(registration_file=file)["agent_uuid"]


TRUE = (True, "true", "True", " TRUE ", "yes", "Y", "on", 1, "1")
FALSE = (False, "false", "False", "no", "N", "off", 0, "0")
NEITHER = (None, "", "maybe", 2, [], {}, "truely")


@pytest.mark.parametrize("name", ["x402Support", "x402support", "x402_support", "x402"])
def test_x402_support_is_read_as_people_write_it(found, make, name):
    supporting = {make(**{name: value}) for value in TRUE}
    others = {make(**{name: value}) for value in (*FALSE, *NEITHER)} | {make()}
    assert set(found("x402=true")) == supporting
    assert set(found("x402=false")) == others


@pytest.mark.parametrize(
    ("file", "is_supported"),
    [
        ({"x402": {"network": "base", "currency": "USDC"}}, True),
        ({"x402": {"enabled": True}}, True),
        ({"x402": {"enabled": "false", "network": "base"}}, False),
        ({"x402Support": False, "x402": {"network": "base"}}, False),
        ({"x402Support": False, "x402support": "true"}, True),
        ({"x402support": "no", "x402Support": "?"}, False),
    ],
)
def test_x402_may_be_told_with_its_details_or_twice(get, make, file, is_supported):
    make(**file)
    assert get("/agents/")["agents"][0]["x402"] is is_supported


@pytest.mark.parametrize("name", ["active", "isActive", "is_active"])
def test_agents_that_their_owners_call_inactive_are_found_on_request_only(found, make, name):
    inactive = {make(**{name: value}) for value in FALSE}
    active = {make(**{name: value}) for value in (*TRUE, *NEITHER)} | {make()}
    assert set(found("limit=100")) == set(found("limit=100&active=true")) == active
    assert set(found("limit=100&active=false")) == inactive
    assert set(found("limit=100&active=any")) == active | inactive


def test_answers_say_whether_an_agent_is_active(get, make, client, admin):
    agent = make(active="false")
    assert get(f"/agents/{agent}")["active"] is False
    assert get("/agents/?active=any")["agents"][0]["active"] is False
    change = {"registration_file": {"active": "true"}}
    client.patch(f"{SEARCH}{agent}", json=change, headers=admin)
    assert get(f"/agents/{agent}")["active"] is True
    assert get("/agents/")["agents"][0]["active"] is True


def test_inactive_by_its_file_is_no_status(get, found, make):
    agent = make(active=False)
    assert get(f"/agents/{agent}")["status"] == "active"
    assert found("status=any") == []
    assert found("status=any&active=any") == [agent]


def test_other_values_of_active_are_refused(client, admin):
    answer = client.get(f"{SEARCH}?active=perhaps", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize("kind", [["Agent", "https://eips.ethereum.org/x"], {"a": 1}, 7, None])
def test_type_in_any_form_is_stored_and_hides_nothing(get, found, make, kind):
    agent = make(type=kind, name="Ferry", services=[{"name": "MCP"}])
    assert get(f"/agents/{agent}")["registration_file"]["type"] == kind
    assert found("service=mcp&q=ferry") == [agent]


@pytest.mark.parametrize("field", ["services", "endpoints"])
@pytest.mark.parametrize(
    "services",
    [
        [{"name": "mcp", "url": "https://a.b"}, {"name": "A2A", "uri": "https://a.b"}],
        [{"name": "Mcp", "endpoint": "https://a.b"}, "a2a"],
        [{"type": "MCP", "serviceEndpoint": "https://a.b"}, {"protocol": "A2A", "id": "x"}],
        [{"id": "mcp", "name": None}, {"id": "mcp"}, {"name": "A2A"}],
        {"mcp": "https://a.b", "a2a": {"url": "https://a.b"}},
    ],
)
def test_services_are_read_in_every_form(get, found, make, field, services):
    agent = make(**{field: services})
    assert found("service=MCP") == found("service=a2a") == [agent]
    assert get(f"/agents/{agent}")["services"] == ["a2a", "mcp"]


PATH = "natural_language_processing/text_generation/summarization"
SKILLS = [PATH, "Code Review", "get-price"]
SKILLFUL = [
    {"skills": SKILLS},
    {"oasf_skills": SKILLS},
    {"tools": [{"name": each, "description": "x"} for each in SKILLS]},
    {"skills": [{"id": each} for each in SKILLS]},
    {"services": [{"name": "OASF", "skills": SKILLS}]},
    {"services": [{"name": "A2A", "a2aSkills": SKILLS}, {"name": "web"}]},
    {"endpoints": [{"name": "MCP", "mcpTools": SKILLS}]},
    {"services": [{"name": "MCP", "tools": [{"name": each} for each in SKILLS]}]},
    {"services": {"oasf": {"url": "https://a.b", "skills": SKILLS}}},
    {"skills": f" {PATH}\t", "services": [{"name": "MCP", "tools": SKILLS[1:]}]},
]


@pytest.mark.parametrize("file", SKILLFUL)
def test_skills_and_tools_are_found_wherever_a_file_names_them(get, found, make, file):
    make(name="Other", skills=["other", {"name": 5}, None, "", " ", {}, ["x"]])
    agent = make(**file)
    for skill in (
        *(PATH, PATH.upper(), "summarization", "Text Generation", "natural-language-processing"),
        *("code review", "CODE_REVIEW", "get_price", "get-price"),
    ):
        assert found(f"skill={skill}") == [agent], skill
    assert found("skill=review") == found("skill=price") == found("domain=code review") == []
    assert sorted(get(f"/agents/{agent}")["skills"]) == sorted(SKILLS)


@pytest.mark.parametrize(
    "file",
    [
        {"domains": ["Finance/Trading", "healthcare"]},
        {"oasf_domains": ["Finance/Trading", "healthcare"]},
        {"services": [{"name": "oasf", "domains": ["Finance/Trading", "healthcare"]}]},
        {"endpoints": {"OASF": {"oasfDomains": ["Finance/Trading", "healthcare"]}}},
    ],
)
def test_domains_are_found_wherever_a_file_names_them(get, found, make, file):
    make(name="Other", domains=["other"], skills=["trading"])
    agent = make(**file)
    for domain in ("finance/trading", "finance", "TRADING", "HealthCare"):
        assert found(f"domain={domain}") == [agent], domain
    assert found("domain=health") == []
    assert get(f"/agents/{agent}")["domains"] == ["Finance/Trading", "healthcare"]


def test_skill_and_domain_are_filters_among_others(found, make):
    agent = make(name="Ferry", skills=["rowing", "sailing"], domains=["sea"])
    make(name="Ferry", skills=["rowing"], domains=["river"])
    make(name="Barge", skills=["rowing"], domains=["sea"])
    assert found("skill=rowing&domain=sea&q=ferry") == [agent]
    assert found("skill=sailing&domain=river") == []
    assert len(found("skill=rowing&sort=-total_feedback")) == 3
    assert len(found("skill=rowing&min_feedback=1")) == 0


def test_change_of_the_file_changes_its_skills(client, admin, found, make):
    agent = make(skills=["rowing"])
    change = {"registration_file": {"skills": ["sailing"]}}
    client.patch(f"{SEARCH}{agent}", json=change, headers=admin)
    assert (found("skill=rowing"), found("skill=sailing")) == ([], [agent])


def test_pages_of_a_skill_follow_their_cursor(get, make):
    agents = [make(skills=["rowing"]) for _ in range(5)]
    seen, query = [], "skill=rowing&limit=2"
    cursor = ""
    while cursor is not None:
        page = get(f"/agents/?{query}{cursor and f'&cursor={cursor}'}")
        seen += [each["agent_uuid"] for each in page["agents"]]
        assert page["total"] == 5
        cursor = page["next_cursor"]
    assert seen == agents[::-1]


@pytest.mark.parametrize("query", ["skill=", "domain=", f"skill={'x' * 129}", "skill=a%00"])
def test_limits_of_the_filters(client, admin, query):
    answer = client.get(f"{SEARCH}?{query}", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")


def test_very_many_and_very_long_skills_are_bounded_in_search_only(get, found, make, sql):
    skills = [f"skill {number:04}" for number in range(1000)]
    agent = make(skills=[*skills, "x" * 129, "y" * 128])
    assert get(f"/agents/{agent}")["skills"] == [*skills, "y" * 128]
    assert found("skill=skill_0255") == [agent]
    assert found("skill=skill_0256") == []
    (row,) = sql("select cardinality(skill_words) as words from erc8004_agent_search")
    assert row["words"] == 256


def test_imported_files_are_read_the_same_way(run_import, get, found):
    file = {"x402Support": "true", "active": "no", "services": [{"name": "OASF", "skills": [PATH]}]}
    run_import([line(registration_file=file)])
    (agent,) = found("active=false&x402=true&skill=summarization&service=oasf")
    assert get(f"/agents/{agent}")["skills"] == [PATH]
    run_import([line(registration_file=None)])
    assert found("") == [agent]
    assert found("skill=summarization&active=any") == []


def test_odd_values_break_nothing(get, make):
    odd = (
        None,
        True,
        7,
        "text",
        [],
        {},
        [[]],
        [None],
        [{}],
        {"a": None},
        [[["x"]]],
        {"x": {"y": 1}},
    )
    for value in odd:
        names = ("services", "endpoints", "skills", "tools", "domains", "active", "x402", "type")
        agent = make(**dict.fromkeys(names, value))
        answer = get(f"/agents/{agent}")
        assert answer["registration_file"] == json.loads(json.dumps(dict.fromkeys(names, value)))
