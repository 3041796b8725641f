"""The attacks on the trust in an agent: what each writes, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

RECORD = 0.003
SETTLEMENT = 0.01
# A wallet that looked established: its way through three agents, before the attack.
SLEEPER = 0.015


@dataclass(frozen=True)
class Attack:
    """So many attackers, each with so many records and a payment of so much."""

    name: str
    attackers: int = 1
    records: int = 1
    paid_usdc: str | None = None
    sleeps: bool = False
    is_off_the_scale: bool = False

    @property
    def cost_usd(self) -> float:
        """What the attack on one agent costs."""
        each = self.records * RECORD + (SLEEPER if self.sleeps else 0)
        paid = float(self.paid_usdc or 0) + (SETTLEMENT / 10 if self.paid_usdc else 0)
        return round(self.attackers * (each + paid), 6)

    @property
    def rows(self) -> int:
        """How many rows the attack on one agent writes."""
        return self.attackers * (self.records + bool(self.paid_usdc))


ATTACKS = (
    Attack("one record off the scale", is_off_the_scale=True),
    Attack("one record of 0 or 100"),
    Attack("100 fresh reviewers", attackers=100),
    Attack("100 sleepers of 60 days", attackers=100, sleeps=True),
    Attack("one reviewer 1,000 times", records=1_000),
    Attack("100 payments of 0.01", attackers=100, paid_usdc="0.01"),
    Attack("ten payments of 0.01", attackers=10, paid_usdc="0.01"),
    Attack("one paid dollar", paid_usdc="1"),
)
