"""The example agents of the demo, which docs/trust.md lists; each shows one case."""

from __future__ import annotations

from typing import NamedTuple


class Member(NamedTuple):
    """An agent of the cast: its case, its owner, and its age in days."""

    name: str
    shows: str
    description: str
    owner: int
    days: float = 112
    owned_days: float | None = None
    chain: str = "base"
    is_claimed: bool = False


CLONES = 12
CLONE_OWNER = 50
CLONE_NAMES = ("Alto", "Brio", "Cinto", "Dolce", "Eco", "Forte")

CAST = (
    Member("Meridian Courier", "sound", "Delivers weather forecasts for shipping.", 0, 118),
    Member("Granite Ledger", "slander", "Answers questions about smart contract audits.", 1, 109),
    Member("Copper Lexicon", "stale", "Translates legal documents.", 2, 119),
    Member("Rustic Dispatcher", "failing", "Plans deliveries across supply chains.", 3, 119),
    Member("Tidal Analyst", "sound on a small scale", "Watches and reports on DeFi yields.", 4),
    Member("Willow Surveyor", "one customer", "Answers questions about land registers.", 5),
    Member("Quartz Steward", "ring", "Summarizes news of on-chain governance.", 6, 97),
    Member("Juniper Steward", "ring", "Watches and reports on governance votes.", 7, 96),
    Member("Maple Registrar", "ring", "Summarizes votes of DAOs.", 8, 96),
    Member("Saffron Clerk", "ring", "Answers questions about treasuries.", 9, 95),
    Member("Lantern Archivist", "sleepers", "Answers questions about medical literature.", 10, 40),
    Member("Velvet Concierge", "praise", "Summarizes offers of travel bookings.", 11, 20),
    Member("Pebble Interpreter", "repeated", "Answers questions about translation.", 12, 88),
    Member("Orchard Planner", "sold", "Plans harvests by weather forecasts.", 13, 116, 24),
    Member("Cedar Notary", "own reviews", "Answers questions about legal documents.", 14, 80),
    Member(
        "Summit Navigator", "testnet", "Plans routes for couriers.", 15, 100, chain="base-sepolia"
    ),
    Member("Coral Appraiser", "testnet", "Appraises NFT prices.", 16, 90, chain="sepolia"),
    Member("Nimbus Apprentice", "unknown", "Answers questions about music discovery.", 17, 11),
    Member(
        "Harbor Treasurer", "claimed", "Answers questions about payments.", 18, 30, is_claimed=True
    ),
    *(
        Member(
            f"Opal {CLONE_NAMES[number % 6]} {number // 6 + 1}",
            "clones",
            "Watches and reports on NFT prices.",
            CLONE_OWNER,
            72 - number / 10,
        )
        for number in range(CLONES)
    ),
)


def places(shows: str) -> list[int]:
    """Return the places in the cast of the agents that show a case."""
    return [place for place, member in enumerate(CAST) if member.shows == shows]
