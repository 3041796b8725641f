"""The HTML of the pages."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest

from kamiyo_api.explorer.shown import is_web_url, mixes_scripts
from tests.support.html import HTML, Elements

NO_ADDRESS = "00000000-0000-4000-8000-000000000000"
MOST_BYTES = 120_000


def test_no_page_has_scripts_or_styles_of_its_own(look, paths):
    for path in paths:
        answer = look(path)
        assert answer.mimetype == "text/html", path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        for tag, attrs in Elements(answer.text).found:
            assert "style" not in attrs
            assert not [name for name in attrs if name.startswith("on")]
            assert tag != "style"
            assert tag != "script" or attrs["src"].startswith("/assets/")


def test_hostile_texts_stay_plain_text(look, paths):
    for path in paths:
        page = Elements(look(path).text)
        formless = {each for each in page.text if unicodedata.category(each) in ("Cf", "Cc", "Co")}
        assert formless <= {"\n", "\t"}, path
        assert {tag for tag, _ in page.found}.isdisjoint({"b>web", "iframe", "object"})
        sources = [attrs["src"] for tag, attrs in page.found if tag == "img"]
        assert all(each.startswith("/badge/") for each in sources)
        for attrs in page.links():
            href = attrs["href"]
            is_ours = href.startswith(("/", "#")) and not href.startswith("//")
            assert is_ours or href.startswith(("http://", "https://")), href
            assert is_ours or {"nofollow", "ugc"} <= set(attrs["rel"].split())


def test_hostile_texts_are_marked(look, people):
    page = look(f"/agents/{people['hostile']}").text
    assert "U+202E" in page
    assert "mixed alphabets" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert len(page) < 200_000


@pytest.mark.parametrize(
    ("text", "is_link"),
    [
        ("https://tides.example/mcp", True),
        ("http://tides.example", True),
        ("javascript:alert(1)", False),
        (" https://tides.example", False),
        ("https://tides.example/\u202e", False),
        ("https:", False),
        ("//tides.example", False),
        ("https://[", False),
        ("data:text/html,x", False),
        ("https://tides.example/" + "x" * 3_000, False),
    ],
)
def test_only_the_web_is_linked(text, is_link):
    assert is_web_url(text) == is_link


@pytest.mark.parametrize(
    ("text", "is_mixed"),
    [
        ("p\u0430ypal", True),
        ("paypal", False),
        ("\u041f\u0440\u0438 world", False),
        ("\u03a9mega", True),
        ("", False),
    ],
)
def test_mixed_alphabets_are_detected(text, is_mixed):
    assert mixes_scripts(text) == is_mixed


def test_page_of_an_agent_shows_the_score_of_the_api(look, get, people):
    stats = get(f"/agents/{people['good']}/stats")
    page = Elements(look(f"/agents/{people['good']}").text)
    text = " ".join(page.text.split())
    assert f"{stats['score']:.0f} {stats['trust_level']}" in text
    assert "5 paying reviewers of 11 in all" in text
    said = f"Score {stats['score']:.0f}, between {stats['score_low']:.0f}"
    assert any(said in attrs.get("aria-label", "") for _, attrs in page.found)
    assert all(code in text for code in stats["caveats"])


@pytest.mark.parametrize(
    ("name", "why"),
    [("praised", "no paying reviewer yet"), ("unknown", "nobody has rated it yet")],
)
def test_unknown_score_is_a_dash_with_the_reason(look, people, name, why):
    for path in (f"/agents/{people[name]}", f"/badge/{people[name]}.svg"):
        page = Elements(look(path).text)
        assert f"\N{EN DASH} {why}" in " ".join(page.text.split())
        assert not [tag for tag, _ in page.found if tag == "circle"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=weather",
        "min_paying_reviewers=1",
        "sort=-total_payments",
        "trust_level=new",
        "chain=8453",
    ],
)
def test_list_accepts_the_parameters_of_the_api(look, get, people, query):
    found = get(f"/agents/?{query}")
    page = Elements(look(f"/agents?{query}").text)
    shown = [
        attrs["href"].removeprefix("/agents/")
        for attrs in page.links()
        if re.fullmatch(r"/agents/[0-9a-f-]{36}", attrs["href"])
    ]
    assert shown == [agent["agent_uuid"] for agent in found["agents"]]
    heading = re.search(r'<h1 id="title">([\d,]+) agent', look(f"/agents?{query}").text)
    assert int(heading[1]) == found["total"]


def test_pages_follow_each_other(look, people):
    path, seen = "/agents?limit=2", []
    while path:
        page = Elements(look(path).text)
        seen += [each["href"] for each in page.links() if each["href"].startswith("/agents/")]
        path = next((e["href"] for e in page.links() if "next" in e.get("rel", "").split()), None)
    assert len(seen) == len(set(seen)) == len(people)


def test_filter_can_be_removed(look, people):
    page = Elements(look("/agents?trust_level=new&trust_level=poor&cursor=").text)
    assert page.text.count("Redirecting")
    page = Elements(look("/agents?trust_level=new&trust_level=poor").text)
    shown = ("href", "rel", "data-swap")
    assert {"href": "/agents?trust_level=poor", "rel": "nofollow", "data-swap": None} in [
        {name: value for name, value in each.items() if name in shown} for each in page.links()
    ]


@pytest.mark.parametrize(
    "path", ["/agents?min_feedback=x", "/agents?nothing=1", "/agents?chain=xyz"]
)
def test_invalid_query_is_explained_on_a_page(look, path):
    answer = look(path)
    assert answer.status_code in (400, 422)
    assert "This page cannot be shown" in answer.text
    assert answer.mimetype == "text/html"


def test_missing_page_is_explained_on_a_page(look, client):
    for path in (f"/agents/{NO_ADDRESS}", f"/badge/{NO_ADDRESS}.svg", "/nothing"):
        answer = look(path)
        assert (answer.status_code, answer.mimetype) == (404, "text/html"), path
        assert "Page not found" in answer.text
    assert client.get("/nothing").mimetype == "application/problem+json"
    assert look("/api/v1/nothing").mimetype == "application/problem+json"


def test_badge_can_be_cached(look, client, people):
    path = f"/badge/{people['good']}.svg"
    badge = look(path)
    assert badge.mimetype == "image/svg+xml"
    assert badge.headers["Cache-Control"] == "public, max-age=300"
    again = client.get(path, headers={"If-None-Match": badge.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_first_view_is_small(client, look, people):
    addresses = {"/", f"/agents/{people['good']}", "/agents"}
    for address in addresses:
        page = Elements(look(address).text)
        files = {attrs["href"] for tag, attrs in page.found if tag == "link"} - {"#end"}
        files |= {attrs["src"] for tag, attrs in page.found if tag == "script"}
        bodies = [client.get(each, headers=HTML).data for each in (address, *files)]
        assert sum(map(len, bodies)) < MOST_BYTES


def test_asset_is_immutable_under_its_url(client, look):
    links = [attrs for tag, attrs in Elements(look("/").text).found if tag == "link"]
    style = next(each["href"] for each in links if each["rel"] == "stylesheet")
    assert "immutable" in client.get(style).headers["Cache-Control"]
    other = re.sub(r"/assets/\w+/", "/assets/000000000000/", style)
    assert client.get(other).status_code == 404
    assert client.get("/assets/000000000000/..%2fpages.py").status_code == 404


@pytest.mark.parametrize(
    ("amount", "policy"), [("0.01", "open"), ("1.00", "cautious"), ("500", "strict")]
)
def test_card_decides_as_the_api_does(look, get, people, amount, policy):
    for agent_uuid in people.values():
        query = f"amount_usdc={amount}&policy={policy}"
        decision = get(f"/agents/{agent_uuid}/decision?{query}")
        card = Elements(look(f"/agents/{agent_uuid}/verdict?{query}").text)
        assert {"class": f"verdict {decision['decision']}"} in [attrs for _, attrs in card.found]
        failed = [each["code"] for each in decision["checks"] if not each["passed"]]
        assert all(code in card.text for code in failed)


def test_pasted_402_is_decided(look, client, people, get):
    wallet = get(f"/agents/{people['good']}")["owner_address"]
    asked = {
        "x402Version": 1,
        "accepts": [
            {
                "scheme": "exact",
                "network": "base",
                "maxAmountRequired": "250000",
                "asset": "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
                "payTo": wallet,
                "resource": "https://weather.example/mcp",
            }
        ],
    }
    answer = client.get("/decide", query_string={"whom": json.dumps(asked)}, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert "Agents that claim it" in answer.text
    assert people["good"] in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/agents/{good}?amount_usdc=x", 422),
        ("/agents/{good}/verdict?policy=none", 422),
        ("/decide?whom=%7Bx", 400),
        ("/decide?whom=0x" + "1" * 40 + "&chain=nowhere", 400),
        ("/compare", 422),
        ("/compare?agent=x", 422),
        ("/owners/0x" + "9" * 40, 404),
        ("/reviewers/0x" + "9" * 40, 404),
        ("/reviewers/0x" + "9" * 40 + "?cursor=x", 404),
        ("/guides/secrets.md", 404),
    ],
)
def test_every_error_is_explained_on_a_page(look, people, path, status):
    answer = look(path.format(**people))
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "Start page" in answer.text


def test_links_between_guides_work(look):
    names = re.findall(r'href="(/guides/\w+\.md)"', look("/guides/").text)
    assert len(names) > 5
    for name in names:
        page = Elements(look(name).text)
        ids = {attrs["id"] for _, attrs in page.found if "id" in attrs}
        for attrs in page.links():
            target, _, anchor = attrs["href"].partition("#")
            if target.startswith("/guides/") and target != "/guides/":
                assert target in names
            if not target and anchor:
                assert anchor in ids, (name, anchor)


def test_examples_of_the_rule_are_computed_by_it(look):
    text = " ".join(Elements(look("/trust").text).text.split())
    assert "1 paying customer rates 100 33 67 100" in text
