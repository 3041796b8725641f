"""The filters beside a list of agents: links that choose one or take it back."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from flask import request

from kamiyo_api.explorer.addresses import PLACE, address, toggled
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
    "verified": "file names it back",
    "x402": "takes x402",
}


class Option(NamedTuple):
    """A choice of a filter: its words, where it leads, and of how many agents in all."""

    label: str
    href: str
    is_on: bool
    agents: int | None = None


class Facet(NamedTuple):
    """A filter and its choices."""

    title: str
    options: list[Option]


def facets_of(totals: dict[str, Any] | None) -> list[Facet]:
    """Return the filters; with the totals over all agents, beside what they count."""
    levels = (totals or {}).get("trust_levels", {})
    chains: Counter[str] = Counter()
    for each in (totals or {}).get("agents", []):
        chains[each["chain"]] += each["agents"]
    return [
        Facet("Sort by", [option("sort", value, label) for value, label in sorts().items()]),
        Facet(
            "Paid and rated by",
            [option("min_paying_reviewers", *each) for each in EVIDENCE.items()],
        ),
        Facet(
            "Level",
            [option("trust_level", each, each, levels.get(each, 0), True) for each in TRUST_LEVELS],
        ),
        Facet(
            "Chain", [option("chain", name, name, count) for name, count in chains.most_common(30)]
        ),
        Facet("Proofs", [option(name, "true", label) for name, label in YES.items()]),
        Facet("Owners", [option("collapse", "owner", "one agent of each")]),
    ]


def sorts() -> dict[str, str]:
    """Return the orders that can be chosen: by relevance only if there are words."""
    return {"relevance": "best match", **SORTS} if request.args.get("q") else SORTS


def option(
    name: str, value: str, label: str, count: int | None = None, repeats: bool = False
) -> Option:
    """Return a choice of a filter."""
    is_on = value in request.args.getlist(name)
    return Option(label, toggled(name, value, repeats=repeats), is_on, count)


def chosen() -> list[Option]:
    """Return what is chosen now, each leading to the page without it."""
    return [
        Option(words_of(name, value), address(name), True)
        for name, value in request.args.items()
        if name not in PLACE
    ]


def words_of(name: str, value: str) -> str:
    """Return the words for a choice: those of its facet, if it has one."""
    known = {"sort": sorts(), "min_paying_reviewers": EVIDENCE}.get(name, {})
    label = YES.get(name) if value == "true" else known.get(value)
    return label or f"{name}: {value}"
