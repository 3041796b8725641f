"""Counts of the logs that are stored: all, and those of unknown events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from kamiyo_api.indexer.events import TOPICS
from kamiyo_api.indexer.values import WORD, Log

# Events that are known and lead to nothing. After an Upgraded, the rules may be others: it counts.
NAMELESS = (
    "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925",  # Approval
    "17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31",  # ApprovalForAll
    "c7f505b2f371ae2175ee4913f4499e1f2633a7b5936321eed1cdaeb6115181d2",  # Initialized
    "8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0",  # OwnershipTransferred
)
UPGRADED = bytes.fromhex("bc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b")
EXPECTED = frozenset(bytes.fromhex(topic) for topic in (*TOPICS.values(), *NAMELESS))


def counts_of(logs: Iterable[Log]) -> Counter[tuple[str, str]]:
    """Return the number of logs, and those of unknown events by their topics."""
    topics = Counter(log.topics[:WORD] for log in logs)
    counts = Counter({("logs", "stored"): topics.total()})
    for topic in topics.keys() - EXPECTED:
        counts["unknown_event", name_of(topic)] = topics[topic]
    return counts


def name_of(topic: bytes) -> str:
    """Return the label of an event that is not known."""
    if topic == UPGRADED:
        return "Upgraded"
    return f"0x{topic.hex()}" if topic else "no topic"
