"""The policies of decisions: what a caller requires, what to warn about and what to ignore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class DecisionPolicy:
    """The policy of a caller, with the fields of a policy in a request."""

    allow_from: str = "good"
    min_level: str | None = None
    min_score_low: Decimal | None = None
    min_effective_reviewers: Decimal | None = None
    min_paying_reviewers: int | None = None
    min_trusted_reviewers: int | None = None
    max_expected_loss_usdc: Decimal | None = None
    max_age_days: int | None = None
    trusted_reviewers: tuple[str, ...] = ()
    trusted_only: bool = False
    complaint_rate: Decimal = Decimal(1)
    ignore: tuple[str, ...] = ()
    warn_on: tuple[str, ...] = ()
    unknown: str = "warn"
    sources: tuple[str, ...] | None = None

    def as_applied(self) -> dict[str, Any]:
        """Return the policy for the answer, with exact numbers as strings."""
        members = ((name, getattr(self, name)) for name in self.__slots__)
        return {
            name: format(value, "f") if isinstance(value, Decimal) else value
            for name, value in members
        }


CAUTIOUS = DecisionPolicy()
NAMED: Mapping[str, DecisionPolicy] = {
    "cautious": CAUTIOUS,
    "open": replace(CAUTIOUS, ignore=("FORGEABLE",)),
    "strict": replace(CAUTIOUS, min_level="good", min_paying_reviewers=3, unknown="block"),
}


def policy_of(given: str | Mapping[str, Any]) -> DecisionPolicy:
    """Return the policy that a request names, or the cautious one changed by the given fields."""
    if isinstance(given, str):
        return NAMED[given]
    members = {name: distinct(value) for name, value in given.items() if value is not None}
    return replace(CAUTIOUS, **members)


def distinct(value: Any) -> Any:
    """Return a list as a tuple without duplicates, and any other value as is."""
    return tuple(dict.fromkeys(value)) if isinstance(value, list) else value
