"""The counts beside the filters of the list of agents."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from kamiyo_api.explorer import counting
from tests.support.html import HTML


class Filters(HTMLParser):
    """The filters of a page: the count of each by its link."""

    def __init__(self, page):
        super().__init__()
        self.counts, self._href, self._is_count = {}, None, False
        self.feed(page[page.index('<aside class="facets"') :])

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a":
            self._href = attrs["href"]
            self.counts[self._href] = None
        self._is_count = attrs.get("class") == "count"

    def handle_data(self, data):
        if self._is_count and data.strip():
            self.counts[self._href] = int(data.replace(",", ""))


@pytest.fixture
def filters(client):
    """Return the filters of a list, and its page."""

    def look(query):
        answer = client.get(f"/agents?{query}", headers=HTML)
        assert answer.status_code == 200
        return Filters(answer.text).counts, answer.text

    return look


@pytest.fixture
def crowd(make_agent, give_feedback, link_payment, refresh, sql):
    """Agents on two chains and a testnet, some rated, suspended, claimed or proved."""
    for place in range(12):
        agent = make_agent(
            chain=("base", "ethereum", "base-sepolia")[place % 3],
            agent_id=str(place),
            registration_file={"name": f"Tide table {place}" if place % 5 else f"Moon {place}"},
        )
        if place % 2:
            give_feedback(agent_uuid=agent["agent_uuid"])
        states = "status = 'suspended'" if place == 4 else f"claimed = {place == 3}"
        sql(
            f"update erc8004_agent_search set {states}, verified = %s where agent_uuid = %s",
            place == 7,
            agent["agent_uuid"],
        )
        if place == 4:
            status = "update erc8004_agents set status = 'suspended' where id = %s"
            sql(status, agent["agent_uuid"])
    refresh()


def choices(counts, name):
    """Return the counts of the choices of one parameter, by value."""
    found = {}
    for href, agents in counts.items():
        given = parse_qs(urlsplit(href).query)
        if agents is not None and name in given:
            found[given[name][-1]] = agents
    return found


@pytest.mark.parametrize(
    "query",
    [
        "q=tide",
        "q=moon",
        "q=tide&chain=base",
        "q=tide&trust_level=fair",
        "q=tide&status=suspended",
        "q=tide&claimed=true",
        "q=tide&testnet=true",
        "q=tide&verified=true",
        "q=tide&chain=ethereum&trust_level=fair&status=any&claimed=any",
        "min_feedback=1",
        "q=nothing",
    ],
)
def test_each_choice_finds_as_many_agents_as_it_says(filters, get, crowd, query):
    counts, page = filters(query)
    counted = {href: agents for href, agents in counts.items() if agents is not None}
    assert len(counted) > 8
    assert counting.EXACT in page
    chosen = parse_qs(query)
    for href, agents in counted.items():
        wanted = urlsplit(href).query
        given = parse_qs(wanted)
        if all(len(given.get(name, ())) >= len(chosen[name]) for name in chosen):
            repeated = "&".join(
                part for part in wanted.split("&") if not part.startswith("trust_level")
            )
            level = given.get("trust_level", [])
            narrowed = f"{repeated}&trust_level={level[-1]}" if level else repeated
            assert get(f"/agents/?{narrowed}")["total"] == agents, href


def test_without_a_search_all_agents_are_counted(filters, crowd, get):
    counts, page = filters("")
    assert counting.OVER_ALL in page
    assert choices(counts, "chain") == {"base": 4, "ethereum": 4, "base-sepolia": 4}
    assert choices(counts, "status") == {"suspended": 1, "revoked": 0}


def test_choices_are_counted_if_few_agents_match(filters, crowd):
    counts, page = filters("chain=base")
    assert counting.EXACT in page
    levels = {"new": 2, "fair": 1, "excellent": 0, "good": 0, "poor": 0}
    assert choices(counts, "trust_level") == levels
    assert choices(counts, "verified") == {"true": 0}


@pytest.mark.parametrize("query", ["min_feedback=0", "chain=base", "q=tide"])
def test_too_many_agents_are_not_counted(filters, crowd, sql, query):
    sql(
        """
        insert into erc8004_agent_search (
          agent_uuid, agent_id, chain, owner_address, status, registered_at, last_activity_at,
          services, x402, words, registry_address
        )
        select
          gen_random_uuid(), s.agent_id, s.chain, s.owner_address, s.status, '2020-01-01',
          s.last_activity_at, s.services, s.x402, s.words, s.registry_address
        from erc8004_agent_search as s
        cross join generate_series(1, 3001)
        where s.agent_id = 6
        """
    )
    counts, page = filters(f"{query}&limit=3")
    assert counting.UNCOUNTED in page
    assert set(counts.values()) == {None}


def test_mistyped_text_has_no_counts(filters, crowd):
    counts, page = filters("q=tidde")
    assert "may be mistyped" in page
    assert set(counts.values()) == {None}


def test_later_pages_have_the_same_counts(filters, crowd, get):
    first = filters("q=tide&limit=2")[0]
    cursor = get("/agents/?q=tide&limit=2")["next_cursor"]
    later = filters(f"q=tide&limit=2&cursor={cursor}")[0]
    assert list(first.values()) == list(later.values())


def test_counts_take_one_query_and_are_cached(filters, crowd, statements):
    statements()
    filters("chain=base")
    assert sum("'facets'" in each for each in statements()) == 1
    filters("chain=base&sort=registered_at")
    assert sum("'facets'" in each for each in statements()) == 0
