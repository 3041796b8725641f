"""Agents, pages, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import factories
from tests.support.html import HTML
from tests.support.programs import needed

# Run as root in a container, without requests to Google.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTILE = {
    "name": "<script>alert(1)</script>\u202eknab\u202c \u0440\u0430\u0443\u0440al\u0007"
    + "x" * 20_000,
    "description": '"><img src=https://evil.example/x onerror=alert(1)>\u2066\u200b{{7*7}}' * 50,
    "image": "https://evil.example/pixel.png",
    "x402Support": "<b>true</b>",
    "\u202emember<script>alert(1)</script>": 1,
    "supportedTrust": ["<script>alert(1)</script>\u202e"],
    "registrations": [{"agentId": "<i>", "agentRegistry": "\u202ejavascript:alert(1)"}],
    "services": [
        {"name": "<b>web</b>", "endpoint": "javascript:alert(1)"},
        {"name": "data", "endpoint": "data:text/html,<script>alert(1)</script>"},
        {"name": "http", "endpoint": "https://evil.example/\"onmouseover='alert(1)'"},
        {"name": "\u202eftp", "endpoint": "https://\u0430pple.example/"},
    ],
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, one for all tests of this process."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=needed("chromium"), args=FLAGS)


@pytest.fixture
def people(make_agent, give_feedback, link_payment, request_validation, refresh) -> dict[str, Any]:
    """Agents by name: "good" has paying customers, and unpaid reviewers who object; "praised" has
    only unpaid reviewers; "unknown" has none; "hostile" has a hostile file."""
    good, praised = make_agent(), make_agent(registration_file={"name": "Praised agent"})
    for score in (95, 90, 85, 100, 92):
        payer = factories.address()
        rated = {"client_address": payer, "score": score, "tag1": "starred"}
        give_feedback(agent_uuid=good["agent_uuid"], **rated)
        link_payment(agent_uuid=good["agent_uuid"], payer_address=payer)
    for _ in range(6):
        give_feedback(agent_uuid=good["agent_uuid"], score=0)
        give_feedback(agent_uuid=praised["agent_uuid"], score=100)
    hostile = make_agent(registration_file=HOSTILE)
    give_feedback(
        agent_uuid=hostile["agent_uuid"],
        tag1="<script>alert(1)</script>",
        tag2="\u202eevil",
        file_uri="https://evil.example/x",
        endpoint="https://evil.example/<script>",
    )
    link_payment(agent_uuid=hostile["agent_uuid"], endpoint="https://evil.example/\u00e9?<b>")
    request_validation(agent_uuid=hostile["agent_uuid"])
    unknown = make_agent(registration_file={"name": "Unknown agent"})
    refresh()
    made = {"good": good, "praised": praised, "hostile": hostile, "unknown": unknown}
    return {name: agent["agent_uuid"] for name, agent in made.items()}


@pytest.fixture
def paths(people, get) -> list[str]:
    """The path of every page."""
    agents = [f"/agents/{agent_uuid}" for agent_uuid in people.values()]
    hostile = people["hostile"]
    reviewer = get(f"/agents/{hostile}/feedback")["feedback"][0]["client_address"]
    return [
        *("/", "/agents", "/agents?q=agent", "/agents?q=nothing", "/chains", "/agents/x"),
        *agents,
        f"/agents/{people['good']}?amount_usdc=100&policy=strict",
        f"/owners/{get(f'/agents/{hostile}')['owner_address']}",
        f"/reviewers/{reviewer}",
        "/compare?" + "&".join(f"agent={each}" for each in people.values()),
        *("/decide", f"/decide?whom={hostile}", "/decide?whom=https://evil.example/"),
        *("/agents?q=tides.eth", "/decide?whom=tides.eth", "/agents?q=\u202ep\u0430ypal.eth"),
        *("/trust", "/guides/", "/guides/README.md", "/guides/trust.md"),
        *("/docs", "/docs/errors"),
    ]


@pytest.fixture
def look(client):
    """Request a page as a browser does."""
    return lambda path: client.get(path, headers=HTML)
