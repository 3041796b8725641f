"""The agents of the demo that each show something: they show what docs/trust.md tells."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import pytest

from kamiyo_api.demo.cast import CAST, CLONES
from kamiyo_api.schemas.caveats import CAVEATS
from tests.support import ROOT
from tests.support.endpoints import AGENTS

pytestmark = pytest.mark.slow

ROW = re.compile(r"^\| (.+?) \| .+ \| (.+?) \| (allow|warn|block) \|$", re.MULTILINE)
PRICE = "0.01"


class Told(NamedTuple):
    """What docs/trust.md says of an agent."""

    name: str
    caveats: list[str]
    decision: str


def told() -> list[Told]:
    """The agents that docs/trust.md names."""
    text = (ROOT / "docs" / "trust.md").read_text()
    return [
        Told(name, re.findall(r"`(\w+)`", caveats), decision)
        for names, caveats, decision in ROW.findall(text)
        for name in re.split(r", | and ", re.sub(r" and ten more Opals$", "", names))
    ]


@pytest.fixture
def find(app, client, admin, refresh):
    """The row of a search of an agent by its name, in the demo data."""
    loaded = app.test_cli_runner().invoke(args=["demo-data"])
    assert loaded.exit_code == 0, loaded.output
    refresh()

    def search(name):
        query = {"q": name, "testnet": "any", "claimed": "any"}
        answer = client.get(AGENTS, query_string=query, headers=admin)
        (found,) = (agent for agent in answer.json["agents"] if agent["name"] == name)
        return found

    return search


def test_each_agent_of_the_cast_shows_what_is_told_of_it(find, client, admin):
    shown = []
    for name, *_ in told():
        agent = find(name)
        path = f"{AGENTS}{agent['agent_uuid']}"
        decided = client.get(f"{path}/decision?amount_usdc={PRICE}", headers=admin).json
        trust = client.get(f"{path}/trust", headers=admin).json
        assert trust["caveats"] == agent["caveats"], name
        shown.append(Told(name, agent["caveats"], decided["decision"]))
    assert shown == told()


def test_all_of_the_cast_is_told_of_and_shows_every_caveat_of_the_rule():
    names = [agent.name for agent in told()]
    opals = [member.name for member in CAST if member.shows == "clones"]
    assert len(opals) == CLONES == 12
    assert sorted(names + opals[2:]) == sorted(member.name for member in CAST)
    shown = {code for agent in told() for code in agent.caveats}
    # The others of the demo data have these records in plenty.
    assert shown == set(CAVEATS) - {"UNSCORED_RECORDS"}
    assert {agent.decision for agent in told()} == {"allow", "warn", "block"}


def test_a_crowd_moves_the_mean_and_not_the_score(find):
    slandered, praised, sound = map(
        find, ("Granite Ledger", "Velvet Concierge", "Meridian Courier")
    )
    assert slandered["average_score"] < 50 < 85 < slandered["score"]
    assert praised["average_score"] > 95 > 60 > praised["score"]
    levels = [agent["trust_level"] for agent in (slandered, praised, sound)]
    assert levels == ["excellent", "fair", "excellent"]


def test_testnets_are_left_out_of_searches_and_clones_collapse(find, client, admin):
    assert find("Summit Navigator")["trust_level"] == "fair"
    answer = client.get(AGENTS, query_string={"q": "Summit Navigator"}, headers=admin)
    assert answer.json["agents"] == []
    query = {"q": "Opal", "collapse": "owner"}
    answer = client.get(AGENTS, query_string=query, headers=admin)
    clones = [agent for agent in answer.json["agents"] if agent["name"].startswith("Opal")]
    assert [agent["owner_matches"] for agent in clones] == [CLONES]


def test_the_reviewers_are_what_they_play(find, sql):
    rated = """
        select c.client_address, r.is_established, c.net_usdc
        from erc8004_client_counts as c
        join erc8004_reviewers as r using (client_address)
        where c.agent_uuid = %s and c.voice is not null
    """

    def kinds(name):
        rows = sql(rated, find(name)["agent_uuid"])
        return Counter((row["is_established"], row["net_usdc"] > 0) for row in rows)

    assert kinds("Lantern Archivist") == {(True, False): 40}
    assert kinds("Velvet Concierge") == {(False, False): 120}
    assert kinds("Granite Ledger")[False, False] == 90
    assert kinds("Granite Ledger")[True, False] == 3
    sound = kinds("Meridian Courier")
    assert sound[True, True] > 0
    assert sound[False, True] > 20


def test_a_small_size_has_no_cast(app, sql):
    small = ["demo-data", "--agents", "900"]
    assert app.test_cli_runner().invoke(args=small).exit_code == 0
    named = "registration_file ->> 'name' = 'Meridian Courier'"
    (row,) = sql(f"select count(*) as n from erc8004_agents where {named}")
    assert row["n"] == 0
