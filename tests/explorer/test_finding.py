"""The search box redirects to the agent or the search: words, numbers, addresses, ENS names."""

from __future__ import annotations

import pytest

from tests.support.html import HTML, Elements

NO_ADDRESS = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("tide table", "/agents?q=tide+table"),
        ("42", "/agents?agent_id=42"),
        (f"eip155:8453:0x{'8' * 40}", f"/agents?q=0x{'8' * 40}"),
        (NO_ADDRESS, f"/agents/{NO_ADDRESS}"),
        ("  ", "/agents"),
    ],
)
def test_search_box_redirects_to_the_match(client, typed, target):
    answer = client.get("/find", query_string={"q": typed})
    assert (answer.status_code, answer.location) == (302, target)


def test_global_name_finds_its_agent(look, client, people, get):
    agent = get(f"/agents/{people['good']}")
    answer = client.get(
        "/find", query_string={"q": f"{agent['agent_registry']}:{agent['agent_id']}"}
    )
    assert people["good"] in look(answer.location).text


@pytest.mark.parametrize("typed", ["tides.eth", "Tides.eth", "tides.base.eth"])
def test_ens_name_finds_the_agents_that_claim_it(client, look, make_agent, typed):
    name = typed.lower()
    services = [{"name": "ENS", "endpoint": name}]
    agent = make_agent(registration_file={"name": "Claims a name", "services": services})
    make_agent(
        registration_file={"name": "Has another", "services": [services[0] | {"endpoint": "x.eth"}]}
    )
    found = look(client.get("/find", query_string={"q": typed}).location).text
    decided = client.get("/decide", query_string={"whom": typed}, headers=HTML).text
    for page in map(Elements, (found, decided)):
        assert agent["agent_uuid"] in str(page.links())
        assert "Has another" not in page.text
        assert "Any agent can claim it" in page.text
    assert 'class="verdict allow"' not in decided


@pytest.mark.parametrize("typed", ["tides.example", "eth", "https://tides.eth/x", "a tides.eth"])
def test_other_texts_are_no_ens_names(look, client, typed):
    for path, name in (("/agents", "q"), ("/decide", "whom")):
        answer = client.get(path, query_string={name: typed}, headers=HTML)
        assert "is an ENS name" not in answer.text
