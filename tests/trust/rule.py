"""The trust rule in exact fractions, independent of the SQL under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

STAKES = [10**power for power in range(4, 10)]
PUBLIC_STAKE = 10**6
DAY = 86_400
NOW = 1_800_000_000


@dataclass(frozen=True)
class Reviewer:
    """One client of an agent: its counting ratings, and its other figures."""

    ratings: list[str]
    paid: str = "0"
    returned: str = "0"
    days_known: int = 0
    owners: int = 1
    rates_mutually: bool = False
    trusted: bool = False
    last_rated: int = NOW - 5 * DAY

    @property
    def voice(self) -> int:
        """Return the mean in hundredths of a point, rounded half up."""
        cents = [int(Fraction(rating) * 100) for rating in self.ratings]
        return int(Fraction(sum(cents), len(cents)) + Fraction(1, 2))

    @property
    def net(self) -> Fraction:
        """Return the net amount that the client paid, in USDC."""
        return max(Fraction(0), Fraction(self.paid) - Fraction(self.returned))

    @property
    def is_established(self) -> bool:
        return self.days_known >= 30 and self.owners >= 3

    def share(self, stake: int) -> Fraction:
        """Return the weight at a stake, from 0 to 1."""
        if self.trusted:
            return Fraction(1)
        if self.rates_mutually:
            return Fraction(0)
        return min(Fraction(1), self.net * 10**6 / stake)


@dataclass(frozen=True)
class Record:
    """Everything that the level and the caveats of an agent depend on."""

    reviewers: list[Reviewer] = field(default_factory=list)
    settled: int = 0
    success_rate: str | None = None
    own_ratings: int = 0
    unscored: int = 0
    has_new_owner: bool = False
    is_testnet: bool = False
    is_claimed: bool = False


def sums(reviewers: list[Reviewer], established: bool, stake: int) -> list[Fraction]:
    """Return the sums over the reviewers of a class: number, voices, weights in millionths of a
    USDC, and weighted voices."""
    chosen = [each for each in reviewers if each.is_established == established]
    return [
        Fraction(len(chosen)),
        Fraction(sum(each.voice for each in chosen)),
        sum((each.share(stake) * stake for each in chosen), Fraction(0)),
        sum((each.share(stake) * stake * each.voice for each in chosen), Fraction(0)),
    ]


def unpaid(reviewers: list[Reviewer], stake: int) -> tuple[Fraction, Fraction]:
    """Return the number of unpaid reviewers, all newcomers as less than one, and their mean."""
    people = said = Fraction(0)
    for established in (True, False):
        rest = [
            (1 - each.share(stake), Fraction(each.voice, 100))
            for each in reviewers
            if each.is_established == established
        ]
        number = sum((share for share, _ in rest), Fraction(0))
        total = sum((share * voice for share, voice in rest), Fraction(0))
        shrunk = 1 if established else 1 / (number + 2)
        people += number * shrunk
        said += total * shrunk
    return people, said


def summary(reviewers: list[Reviewer], stake: int) -> dict[str, Fraction | None]:
    """Return the score of an agent at a stake, with its figures."""
    shares = [each.share(stake) for each in reviewers]
    backed = sum(shares, Fraction(0))
    said = sum(
        (share * Fraction(each.voice, 100) for share, each in zip(shares, reviewers, strict=True)),
        Fraction(0),
    )
    people, unpaid_said = unpaid(reviewers, stake)
    weight = people / (people + 2) / 2
    imagined = max(Fraction(2), backed / 8)
    unpaid_mean = unpaid_said / people if people else None
    scores = {
        "score": (100 + said + weight * (unpaid_mean or 0)) / (2 + backed + weight),
        "middle": (100 + said) / (2 + backed),
        "low": said / (backed + imagined),
        "high": (said + 100 * imagined) / (backed + imagined),
    }
    return {
        **{name: value if reviewers else None for name, value in scores.items()},
        "backed": backed,
        "backed_mean": said / backed if backed else None,
        "unpaid_reviewers": people,
        "unpaid_weight": weight,
        "unpaid_mean": unpaid_mean,
        "effective_reviewers": backed + weight,
    }


def level(record: Record) -> str:
    """Return the first level whose conditions an agent meets."""
    found = summary(record.reviewers, PUBLIC_STAKE)
    middle, high = found["middle"], found["high"]
    rate = Fraction(record.success_rate or 0)
    if middle is None and record.settled == 0:
        return "new"
    if (high is not None and high < 60) or (record.settled >= 5 and rate < 75):
        return "poor"
    if record.is_testnet or middle is None:
        return "fair"
    if middle >= 80 and record.settled >= 10 and rate >= 95:
        return "excellent"
    return "good" if middle >= 70 and record.settled >= 5 and rate >= 85 else "fair"


def caveats(record: Record) -> list[str]:
    """Return the caveats in order."""
    reviewers = record.reviewers
    found = summary(reviewers, PUBLIC_STAKE)
    backed, people = found["backed"] or 0, found["unpaid_reviewers"] or 0
    paying = sum(each.net > 0 for each in reviewers)
    trusted = sum(each.trusted for each in reviewers)
    newest = [each.last_rated for each in reviewers if each.net > 0 or each.trusted]
    means = found["unpaid_mean"], found["backed_mean"]
    differ = None not in means and abs(means[0] - means[1]) >= 30  # type: ignore[operator]
    told = {
        "NO_REVIEWS": not reviewers,
        "ONE_REVIEWER": len(reviewers) == 1,
        "UNPAID_ONLY": bool(reviewers) and not backed,
        "NEWCOMERS_ONLY": bool(reviewers)
        and not backed
        and not any(each.is_established for each in reviewers),
        "FEW_PAYING_REVIEWERS": backed > 0 and paying + trusted < 3,
        "UNPAID_DISAGREE": backed >= 1 and people >= 1 and differ,
        "REPEATED_RECORDS": bool(reviewers)
        and sum(len(each.ratings) for each in reviewers) >= 10 * len(reviewers),
        "RECIPROCAL_REVIEWS": any(each.rates_mutually and not each.trusted for each in reviewers),
        "OWN_REVIEWS": record.own_ratings > 0,
        "PAYMENTS_RETURNED": any(Fraction(each.returned) > 0 for each in reviewers),
        "UNSCORED_RECORDS": record.unscored > 0,
        "OWNER_CHANGED": record.has_new_owner,
        "STALE": bool(newest) and max(newest) < NOW - 90 * DAY,
        "NO_PAYMENTS": record.settled == 0,
        "PAYMENTS_FAIL": record.settled >= 5 and Fraction(record.success_rate or 0) < 85,
        "TESTNET": record.is_testnet,
        "CLAIMED": record.is_claimed,
    }
    return [code for code, is_told in told.items() if is_told]


def expected(record: Record) -> dict[str, Any]:
    """Return the results for a record: sums and summary at each stake, level, caveats."""
    return {
        "by_stake": [
            {
                "stake": stake,
                "established": [int(each) for each in sums(record.reviewers, True, stake)],
                "new": [int(each) for each in sums(record.reviewers, False, stake)],
                **{
                    name: None if value is None else float(value)
                    for name, value in summary(record.reviewers, stake).items()
                },
            }
            for stake in STAKES
        ],
        "level": level(record),
        "caveats": caveats(record),
    }
