"""Agents with the longest files that are taken: a page of them stays small, says what is cut."""

from __future__ import annotations

import json

import pytest

from tests.support.imports import counts, line

PATH = "/api/v1/agents/"
LARGEST_PAGE = 1_200_000
LONG = 60_000
# A control character takes six bytes of JSON: nothing takes more.
WORST = {
    "name": "\x01" * 5000,
    "description": "\x01" * 4500,
    "services": [{"name": f"{chr(1) * 58}{number:03}"} for number in range(20)],
}
NAMED = [f"service-{number:04}" for number in range(3000)]


@pytest.fixture
def page(server, admin):
    """The agents of a page of a hundred, and its size."""

    def read():
        answer = server.request("GET", f"{PATH}?limit=100", headers=admin)
        assert answer.status_code == 200, answer.text
        return answer.json()["agents"], len(answer.content)

    return read


@pytest.fixture
def load(run_import):
    """Import a hundred agents with one registration file."""

    def run(file):
        told = [line(agent_id=number, registration_file=file) for number in range(100)]
        assert "100 inserted" in counts(run_import(told))

    return run


@pytest.mark.parametrize(
    ("file", "largest"),
    [
        ({"name": "x" * LONG}, 100_000),
        ({"description": "x" * LONG}, 120_000),
        ({"services": NAMED}, 140_000),
        ({"endpoints": dict.fromkeys(NAMED, "")}, 140_000),
        ({"name": "🤖" * (LONG // 4)}, 160_000),
        (WORST, LARGEST_PAGE),
    ],
    ids=["name", "description", "services", "endpoints", "emoji", "control characters"],
)
def test_page_of_a_hundred_of_the_worst_agents_is_bounded(load, page, figures, file, largest):
    load(file)
    agents, size = page()
    figures(file=len(json.dumps(file)), page=size)
    assert len(agents) == 100
    assert size < largest


def test_row_says_which_members_it_cut(load, page, make_agent, get):
    uuid = make_agent(
        registration_file={"name": "n" * 201, "description": "d" * 301, "services": NAMED}
    )["agent_uuid"]
    ((found,), _) = page()
    assert (found["name"], found["description"]) == ("n" * 200, "d" * 300)
    assert found["services"] == NAMED[:20]
    assert found["truncated"] == ["name", "description", "services"]
    whole = get(f"/agents/{uuid}")["registration_file"]
    assert (whole["name"], whole["services"]) == ("n" * 201, NAMED)


@pytest.mark.parametrize("size", [(200, 300, 20), (1, 0, 0)])
def test_row_that_fits_is_not_cut(page, make_agent, size):
    name, description, services = size
    file = {"name": "n" * name, "description": "d" * description, "services": NAMED[:services]}
    make_agent(registration_file=file)
    ((found,), _) = page()
    assert {member: found[member] for member in file} == file
    assert found["truncated"] == []


@pytest.mark.parametrize("file", [{}, {"name": None, "description": ["d" * 400]}, {"name": 7}])
def test_row_without_a_text_is_not_cut(page, make_agent, file):
    make_agent(registration_file=file)
    ((found,), _) = page()
    assert (found["name"], found["description"], found["truncated"]) == (None, None, [])


def test_cut_agent_is_found_by_what_the_row_does_not_show(make_agent, get):
    words = " ".join(f"word{number}" for number in range(500))
    uuid = make_agent(registration_file={"name": words, "services": NAMED})["agent_uuid"]
    for query in ("q=word499", "service=service-2999"):
        (found,) = get(f"/agents/?{query}")["agents"]
        assert found["agent_uuid"] == uuid
