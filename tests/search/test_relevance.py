"""What q finds, and in which order."""

from __future__ import annotations

import pytest

from kamiyo_api import search
from tests.support import factories
from tests.support.clients import outcome


@pytest.fixture
def register(make_agent):
    """Register an agent with this name and description; its uuid."""

    def make(name, description="Nothing of note", **members):
        file = {"name": name, "description": description, **members}
        return make_agent(registration_file=file)["agent_uuid"]

    return make


@pytest.fixture
def page(client, admin):
    """The page that a search answers."""

    def read(**query):
        answer = client.get("/api/v1/agents/", query_string=query, headers=admin)
        assert answer.status_code == 200, answer.json
        return answer.json

    return read


@pytest.fixture
def names(page):
    """The names that a search finds, in its order."""
    return lambda **query: [each["name"] for each in page(**query)["agents"]]


@pytest.fixture(params=[(10_000, 0, 0), (0, 3, 0), (0, 0, 9), (0, 0, 0)], ids=str)
def amount(request, monkeypatch):
    """Few agents match, and are sorted; or many do, and are read rank by rank: from the newest
    agents, by their words, or in the order of registration."""
    for name, value in zip(LIMITS, request.param, strict=True):
        monkeypatch.setattr(search, name, value)


LIMITS = ("TEXT_SORT_LIMIT", "SCAN_LIMIT", "RANK_LIMIT")
RANKED = ["Nexus", "Nexus Prime", "Nexusbot", "Data Nexus", "The nexus", "Other"]


@pytest.fixture
def ranked(register, amount):
    """Agents of every rank, registered in the reverse of the order in which they are found."""
    for name in reversed(RANKED):
        register(name, "It knows the nexus of things")
    register("Unrelated")


def test_exact_name_is_first_then_its_beginning_then_its_words_then_the_description(ranked, names):
    assert names(q="nexus") == names(q="NEXUS", sort="relevance") == RANKED


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_keep_the_order_of_relevance(ranked, page, limit):
    found, cursor = [], None
    for _ in range(len(RANKED)):
        answer = page(q="nexus", limit=limit, **({"cursor": cursor} if cursor else {}))
        assert answer["total"] == len(RANKED)
        found += [each["name"] for each in answer["agents"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert found == RANKED


@pytest.mark.parametrize("offset", range(7))
def test_offsets_keep_the_order_of_relevance(ranked, names, offset):
    assert names(q="nexus", limit=3, offset=offset) == RANKED[offset : offset + 3]


def test_explicit_sort_is_kept(ranked, names):
    assert names(q="nexus", sort="registered_at") == RANKED[::-1]


def test_relevance_without_q_is_refused(client, admin):
    answer = client.get("/api/v1/agents/?sort=relevance", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert "q" in answer.json["errors"]["sort"][0]


def test_cursor_of_another_rank_or_sort_is_refused(ranked, page, client, admin):
    cursor = page(q="nexus", limit=1)["next_cursor"]
    for query in ({"q": "nexus", "sort": "-registered_at"}, {"q": "prime"}, {}):
        answer = client.get(
            "/api/v1/agents/", query_string={**query, "cursor": cursor}, headers=admin
        )
        assert outcome(answer) == (400, "INVALID_CURSOR")


FOUND = [
    # Beginnings.
    ("nex", "Nexus"),
    ("reb", "Rebalancer"),
    ("chain over", "Overseer of Blockchains; chain"),
    # Stems.
    ("rebalance", "Rebalancer"),
    ("rebalancing", "Rebalancer"),
    ("code reviews", "A code review"),
    ("strategy", "Trading strategies"),
    ("strategies", "A strategy"),
    ("trade", "Trading desk"),
    ("trading", "Trader"),
    ("audits", "Audit bot"),
    # One typing mistake: a character missing, added, replaced or swapped.
    ("coinfelo", "Coinfello"),
    ("coinfelllo", "Coinfello"),
    ("coinfallo", "Coinfello"),
    ("cionfello", "Coinfello"),
    ("xoinfello", "Coinfello"),
    ("reviw code", "Code Review"),
    ("Грокк", "Крокк"),
    # Joined and split.
    ("code review", "CodeReview"),
    ("code review", "code-review"),
    ("code review", "codereview"),
    ("codereview", "Code Review"),
    ("codereview", "my code_review bot"),
    ("code-review", "CodeReview"),
    ("CodeReview", "code review"),
    ("code reviewer", "codereviewer"),
    ("json parser", "JSONParser"),
    # Scripts without spaces, and others.
    ("分析", "分析师"),
    ("析师", "数据分析师"),
    ("师", "分析师"),
    ("予報", "天気予報エージェント"),
    ("エージェント", "天気予報エージェント"),
    ("ｴｰｼﾞｪﾝﾄ", "天気予報エージェント"),
    ("อากาศ", "พยากรณ์อากาศ"),
    ("분석", "데이터분석가"),
    ("ai 分析", "AI分析师"),
    ("погода", "Погода"),
    ("हिन्दी", "हिन्दी अनुवादक"),
    ("مترجم", "مترجم"),
    # Accents, widths and styles.
    ("grosse", "Größe"),
    ("resume", "Résumé"),
    ("ＮＥＸＵＳ", "Nexus"),  # noqa: RUF001
    ("nexus", "𝐍𝐞𝐱𝐮𝐬"),  # noqa: RUF001
    # Emoji.
    ("🤖", "Robo 🤖"),
    ("👩‍💻", "Coder 👩‍💻"),
    ("❤", "Love ❤️"),
    ("🇯🇵", "Tokyo 🇯🇵"),
]


@pytest.mark.parametrize(("q", "name"), FOUND)
def test_name_is_found(register, names, q, name):
    register(name)
    register("Something else")
    assert names(q=q) == [name]


@pytest.mark.parametrize(
    ("q", "description"),
    [
        ("rebalance", "The best rebalancer"),
        ("code review", "Does CodeReview for you"),
        ("codereview", "Does CodeReview for you"),
        ("分析", "数据分析师"),
        ("🤖", "Beep 🤖 boop"),
        ("weather for japan", "Weather of Japan"),
        ("rebalancer", "It can rebalance"),
        ("coder", "Codes for you"),
        ("strategies", "One strategy"),
        ("погода", "Погода"),
        ("x402", "Pays by x402"),
    ],
)
def test_description_is_found(register, names, q, description):
    register("One", description)
    register("Other")
    assert names(q=q) == ["One"]


@pytest.mark.parametrize(
    "q", ["xus", "coinfxxo", "师分", "!!!", "''", "a:*|b", "\\", "🤖🤖", "review code coin", "%"]
)
def test_what_no_agent_says_finds_none(register, page, q):
    for name in ("Nexus", "Coinfello", "分析师", "Robo 🤖", "Code Review"):
        register(name)
    found = page(q=q)
    assert (found["agents"], found["total"], found["did_you_mean"]) == ([], 0, None)


def test_correction_is_told_and_walked(register, page):
    for number in range(3):
        register(f"Coinfello {number}")
    first = page(q="coinfelo", limit=2)
    assert (first["did_you_mean"], first["total"]) == ("coinfello", 3)
    second = page(q="coinfelo", limit=2, cursor=first["next_cursor"])
    assert second["did_you_mean"] == "coinfello"
    assert [each["name"] for each in first["agents"] + second["agents"]] == [
        "Coinfello 2",
        "Coinfello 1",
        "Coinfello 0",
    ]


def test_text_that_is_found_is_not_corrected(register, page):
    register("Coinfello")
    register("Coinfela")
    assert page(q="coinfel")["did_you_mean"] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "q", ["a" * 200, "a " * 100, "分" * 200, "aB" * 100, "🤖" * 200, "x.y" * 60]
)
def test_long_text_is_only_a_text(register, page, q):
    register("Nexus")
    assert page(q=q)["agents"] == []


def test_wallet_of_an_owner_is_found_beside_those_that_name_it(make_agent, page, amount):
    owner = factories.address()
    silent = make_agent(owner_address=owner, registration_file={"name": "Silent"})["agent_uuid"]
    named = make_agent(registration_file={"name": "Payee", "payTo": owner})["agent_uuid"]
    found = [each["agent_uuid"] for each in page(q=owner)["agents"]]
    assert found == [named, silent]
