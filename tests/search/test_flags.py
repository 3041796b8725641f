"""Flags and names in a search are read as people and programs write them."""

from __future__ import annotations

import pytest

FLAGS = {
    "true": ["true", "True", "TRUE", "1", "yes", "Y", "on", "t"],
    "false": ["false", "False", "0", "no", "N", "off", "f"],
}


@pytest.mark.parametrize("meaning", FLAGS)
def test_flags_are_read_as_people_write_them(client, admin, make_agent, meaning):
    make_agent()
    for name in ("x402", "claimed"):
        pages = [
            client.get(f"/api/v1/agents/?{name}={written}", headers=admin).data
            for written in FLAGS[meaning]
        ]
        assert len(set(pages)) == 1


@pytest.mark.parametrize("name", ["x402", "claimed"])
def test_flag_that_is_none_is_refused_with_what_is_accepted(client, admin, name):
    answer = client.get(f"/api/v1/agents/?{name}=perhaps", headers=admin)
    assert answer.status_code == 422
    (message,) = answer.json["errors"][name]
    assert "yes" in message
    assert "off" in message


def test_average_score_and_reputation_score_are_one_name(client, admin, make_agent):
    make_agent()
    for one, other in (
        ("sort=average_score", "sort=reputation_score"),
        ("sort=-average_score", "sort=-reputation_score"),
        ("min_average_score=0", "min_reputation_score=0"),
    ):
        answers = [client.get(f"/api/v1/agents/?{each}", headers=admin) for each in (one, other)]
        assert {answer.status_code for answer in answers} == {200}
        assert answers[0].json == answers[1].json
    url = "/api/v1/agents/?min_average_score=1&min_reputation_score=2"
    assert client.get(url, headers=admin).status_code == 422
