"""What clients were told, compared with what the database holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.support.load import Ledger
from tests.support.servers import Place

# What was written, whoever wrote it: the marker of the write, and the id of its row.
WRITTEN = """
    select a.registration_file ->> 'name' as marker, a.id::text as id from erc8004_agents as a
    union all
    select r.tag2, r.id::text from erc8004_reputation as r
    union all
    select replace(p.response_uri, 'ipfs://', ''), p.id::text from erc8004_feedback_responses as p
"""
HALF_WRITTEN = """
    select a.id::text as id
    from erc8004_agents as a
    where a.registration_file ->> 'name' like %s
      and (
        (select count(*) from erc8004_agent_metadata as m where m.agent_uuid = a.id) <> 2
        or not exists (select from erc8004_agent_search as s where s.agent_uuid = a.id)
      )
    union all
    select i.idempotency_key
    from idempotency_keys as i
    where i.idempotency_key like %s and i.status is null
"""


@dataclass(frozen=True)
class Balance:
    """Writes that were acknowledged and are not there, that are there more than once, that
    are there only in part, or that nobody acknowledged."""

    lost: int
    doubled: int
    half: int
    unacknowledged: int

    @property
    def is_even(self) -> bool:
        """Whether every acknowledged write is there exactly once, and nothing else is."""
        return self == Balance(0, 0, 0, 0)

    def figures(self) -> dict[str, Any]:
        """What is told of a run."""
        return vars(self)


def balance(place: Place, ledger: Ledger) -> Balance:
    """Compare a ledger with the tables."""
    mine = f"{ledger.run}-"
    written = [row for row in place.sql(WRITTEN) if (row["marker"] or "").startswith(mine)]
    times = Counter(row["marker"] for row in written)
    there = {(row["marker"], row["id"]) for row in written}
    told = {(f"{mine}{number}", uuid) for number, uuid in ledger.acknowledged.items()}
    return Balance(
        lost=len(told - there),
        doubled=sum(count - 1 for count in times.values()),
        half=len(place.sql(HALF_WRITTEN, f"{mine}%", f"{mine}%")),
        unacknowledged=len(there - told),
    )
