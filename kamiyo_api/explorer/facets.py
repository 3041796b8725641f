"""The filters of the list of agents: links that add or remove one."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from flask import request

from kamiyo_api.explorer.addresses import PLACE, address, toggled
from kamiyo_api.explorer.counting import Counts, over_all
from kamiyo_api.explorer.words import CHAIN_MARKS
from kamiyo_api.schemas.agents import TRUST_LEVELS

SORTS = {
    "-reputation_score": "score, best first",
    "-registered_at": "newest",
    "-last_activity_at": "last active",
    "-total_payments": "most payments",
    "-total_feedback": "most feedback",
}
EVIDENCE = {"1": "a paying reviewer", "3": "three or more", "10": "ten or more"}
YES = {
    "verified": "verified file",
    "x402": "accepts x402",
}
# What a search leaves out by default; a filter includes it.
LEFT_OUT = {
    "Status": {"status": {"suspended": "suspended", "revoked": "revoked", "any": "any status"}},
    "Hidden by default": {
        "claimed": {"true": "owner unconfirmed", "any": "include unconfirmed"},
        "testnet": {"true": "testnets only", "any": "include testnets"},
    },
}
MOST_CHAINS = 30


class Option(NamedTuple):
    """A choice of a filter: its label, its link, and how many agents it leaves."""

    label: str
    href: str
    is_on: bool
    agents: int | None = None
    name: str | None = None
    """Identifies the choice, whatever its count."""


class Facet(NamedTuple):
    """A filter and its choices."""

    title: str
    options: list[Option]


def facets_of(counts: Counts, totals: dict[str, Any] | None) -> list[Facet]:
    """Return the filters, with the known counts of their choices."""
    levels = [option("trust_level", each, each, counts, True) for each in TRUST_LEVELS]
    chains = [option("chain", each, each, counts) for each in chains_of(counts, totals)]
    return [
        Facet("Sort by", [option("sort", value, label) for value, label in sorts().items()]),
        Facet(
            "Paid and rated by",
            [option("min_paying_reviewers", *each) for each in EVIDENCE.items()],
        ),
        Facet("Level", levels),
        Facet("Chain", chains),
        Facet("Proofs", [option(name, "true", label, counts) for name, label in YES.items()]),
        *(Facet(title, left_out(names, counts)) for title, names in LEFT_OUT.items()),
        Facet("Owners", [option("collapse", "owner", "one agent of each")]),
    ]


def left_out(names: dict[str, dict[str, str]], counts: Counts) -> list[Option]:
    """Return the choices that include hidden agents; "any" has no count, as it adds them to the
    agents that are counted already."""
    return [
        option(name, value, label, None if value == "any" else counts)
        for name, labels in names.items()
        for value, label in labels.items()
    ]


def chains_of(counts: Counts, totals: dict[str, Any] | None) -> list[str]:
    """Return the chains to choose from: of the agents found, else of all, most agents first."""
    chosen = request.args.getlist("chain")
    by_agents = counts.facets.get("chain") or (over_all(totals)["chain"] if totals else {})
    names = [name for name, _ in Counter(by_agents).most_common(MOST_CHAINS)]
    return [*names, *(each for each in chosen if each not in names and each in CHAIN_MARKS)]


def sorts() -> dict[str, str]:
    """Return the sort orders; relevance only for a search with words."""
    return {"relevance": "best match", **SORTS} if request.args.get("q") else SORTS


def option(
    name: str, value: str, label: str, counts: Counts | None = None, repeats: bool = False
) -> Option:
    """Return a choice of a filter."""
    count = counts.of(name, value) if counts else None
    is_on = value in request.args.getlist(name)
    href = toggled(name, value, repeats=repeats)
    return Option(label, href, is_on, count, f"{name}={value}")


def chosen() -> list[Option]:
    """Return the current choices, each with a link that removes it."""
    return [
        Option(words_of(name, value), address(name), True)
        for name, value in request.args.items()
        if name not in PLACE
    ]


def words_of(name: str, value: str) -> str:
    """Return the label of a choice: that of its filter, if it has one."""
    known = {"sort": sorts(), "min_paying_reviewers": EVIDENCE}.get(name, {})
    others = {name: labels for names in LEFT_OUT.values() for name, labels in names.items()}
    label = YES.get(name) if value == "true" and name in YES else known.get(value)
    label = label or others.get(name, {}).get(value)
    return label or f"{name}: {value}"
