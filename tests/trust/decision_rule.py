"""The decision rule in exact fractions, independent of the code under test."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.trust.planted import Planted, Voice
from tests.trust.rule import STAKES, Record, Reviewer, caveats, summary

ORDER = ["new", "poor", "fair", "good", "excellent"]
WARNED = {
    *("NO_REVIEWS", "UNPAID_ONLY", "FEW_PAYING_REVIEWERS", "STALE", "OWNER_CHANGED", "CLAIMED"),
    *("PAYMENTS_FAIL", "NOT_PROVEN", "FORGEABLE", "STAKE_ABOVE_SCALE", "TRUSTED_DIFFER"),
}
EXCUSED = {
    *("NO_REVIEWS", "UNPAID_ONLY", "FEW_PAYING_REVIEWERS"),
    *("NOT_PROVEN", "FORGEABLE", "OWNER_CHANGED"),
}


@dataclass(frozen=True)
class Question:
    """A payment of an amount to an agent, with the fields of a policy."""

    agent: Planted
    amount: str = "0.01"
    policy: dict[str, Any] = field(default_factory=dict)

    def reviewers(self, *, trusted: bool, only: bool = False) -> list[Reviewer]:
        """Return the reviewers that count: the agent's and the trusted ones, or only these."""
        own = set(self.policy.get("trusted_reviewers", ()))
        return [
            reviewer_of(each, trusted and each.client in own)
            for each in self.agent.voices
            if not only or each.client in own
        ]


def reviewer_of(voice: Voice, is_trusted: bool) -> Reviewer:
    """Return a planted reviewer in the form of the score rule."""
    return Reviewer(
        [str(Fraction(voice.voice, 100).limit_denominator(100).__float__())],
        paid=str(Fraction(voice.net) + Fraction(voice.returned)),
        returned=voice.returned,
        days_known=60 if voice.is_established else 1,
        owners=3,
        rates_mutually=voice.is_reciprocal,
        trusted=voice.is_trusted or is_trusted,
        last_rated=1_800_000_000 - int(voice.days_ago * 86_400),
    )


def level(found: dict[str, Any], agent: Planted) -> str:
    """Return the level of an agent at a stake."""
    settled, rate = agent.settled, Fraction(agent.success_rate or 0)
    middle, high = found["middle"], found["high"]
    if middle is None and not settled:
        return "new"
    if (high is not None and high < 60) or (settled >= 5 and rate < 75):
        return "poor"
    if agent.chain != "base" or middle is None:
        return "fair"
    if settled >= 10 and rate >= 95 and middle >= 80:
        return "excellent"
    return "good" if settled >= 5 and rate >= 85 and middle >= 70 else "fair"


def decide(asked: Question) -> dict[str, Any]:
    """Return the decision, with its codes and figures."""
    policy, agent, amount = asked.policy, asked.agent, Fraction(asked.amount)
    stake = next((each for each in STAKES if amount * 10**6 <= each), STAKES[-1])
    found = summary(asked.reviewers(trusted=True, only=policy.get("trusted_only", False)), stake)
    found_level = level(found, agent)
    own = set(policy.get("trusted_reviewers", ()))
    said = [Fraction(each.voice, 100) for each in agent.voices if each.client in own]
    mean = sum(said) / len(said) if said else None
    figures = figures_of(found, agent, amount, stake, policy)
    blocks = demands(asked, found, found_level, mean, figures)
    warns, notes = warnings(asked, found, found_level, mean, figures, stake)
    return {
        "decision": "block" if blocks else "warn" if warns else "allow",
        "block": blocks,
        "warn": warns,
        "notes": notes,
        "level": found_level,
        "summary": found,
        "mean": mean,
        **figures,
    }


def figures_of(
    found: dict[str, Any], agent: Planted, amount: Fraction, stake: int, policy: dict[str, Any]
) -> dict[str, Fraction]:
    """Return the expected losses, the cost of forgery and the gain of a cheat."""
    score = Fraction(50) if found["score"] is None else found["score"]
    gain = amount
    if found["middle"] is not None:
        said = found["middle"] * (found["backed"] + 2)
        complaints = 0
        while said >= 70 * (found["backed"] + 2 + complaints):
            complaints += 1
        gain = max(amount, Fraction(stake * complaints, 10**6))
    paying = sum(Fraction(each.net) > 0 for each in agent.voices)
    return {
        "expected_loss_usdc": amount * (1 - score / 100),
        "loss_at_low_usdc": amount * (1 - (found["low"] or Fraction(0)) / 100),
        "forgery_cost_usdc": Fraction(5, 1000) * paying,
        "cheat_gain_usdc": gain / Fraction(policy.get("complaint_rate", 1)),
    }


def demands(
    asked: Question,
    found: dict[str, Any],
    found_level: str,
    mean: Fraction | None,
    figures: dict[str, Fraction],
) -> set[str]:
    """Return the demands that are not met."""
    policy, voices = asked.policy, asked.agent.voices
    own = set(policy.get("trusted_reviewers", ()))
    news = [each.days_ago for each in voices if Fraction(each.net) > 0 or each.is_trusted]
    least = {name: Fraction(policy[name]) for name in policy if name.startswith(("min_s", "min_e"))}
    unmet = {
        "NOT_ACTIVE": asked.agent.status != "active",
        "TRUSTED_OBJECT": mean is not None and mean < 50,
        "POOR_AT_STAKE": found_level == "poor" and (mean is None or mean < 60),
        "LEVEL_BELOW_POLICY": ORDER.index(found_level)
        < ORDER.index(policy.get("min_level", "new")),
        "SCORE_BELOW_POLICY": (found["low"] or 0) < least.get("min_score_low", 0),
        "REVIEWERS_BELOW_POLICY": found["effective_reviewers"]
        < least.get("min_effective_reviewers", 0),
        "PAYING_BELOW_POLICY": sum(Fraction(each.net) > 0 for each in voices)
        < policy.get("min_paying_reviewers", 0),
        "TRUSTED_BELOW_POLICY": sum(each.client in own for each in voices)
        < policy.get("min_trusted_reviewers", 0),
        "LOSS_ABOVE_POLICY": "max_expected_loss_usdc" in policy
        and figures["expected_loss_usdc"] > Fraction(policy["max_expected_loss_usdc"]),
        "TOO_OLD_FOR_POLICY": "max_age_days" in policy
        and (not news or min(news) > policy["max_age_days"]),
        "SOURCE_NOT_ACCEPTED": "sources" in policy and "api" not in policy["sources"],
    }
    return {code for code, is_unmet in unmet.items() if is_unmet}


def warnings(
    asked: Question,
    found: dict[str, Any],
    found_level: str,
    mean: Fraction | None,
    figures: dict[str, Fraction],
    stake: int,
) -> tuple[set[str], set[str]]:
    """Return the codes that warn, and the notes."""
    policy, is_vouched = asked.policy, mean is not None and mean >= 60
    allowed = ORDER.index(policy.get("allow_from", "good"))
    so = set(caveats_at(asked, found))
    so |= {"NOT_PROVEN"} if found_level != "poor" and ORDER.index(found_level) < allowed else set()
    is_good = found["middle"] is not None and found["middle"] >= 70
    is_cheap = figures["forgery_cost_usdc"] < figures["cheat_gain_usdc"]
    so |= {"FORGEABLE"} if is_good and is_cheap else set()
    so |= {"STAKE_ABOVE_SCALE"} if Fraction(asked.amount) * 10**6 > STAKES[-1] else set()
    so |= {"TRUSTED_DIFFER"} if is_vouched and found_level == "poor" else set()
    warning = (WARNED - (EXCUSED if is_vouched else set())) | set(policy.get("warn_on", ()))
    warns = (so & warning) - set(policy.get("ignore", ()))
    return warns, (so - warns) | ({"VOUCHED"} if is_vouched else set())


def caveats_at(asked: Question, found: dict[str, Any]) -> list[str]:
    """Return the caveats of an agent; three depend on the stake and the caller's reviewers."""
    agent = asked.agent
    voices = asked.reviewers(trusted=False)
    of_the_public = caveats(
        Record(
            voices,
            *(agent.settled, agent.success_rate, agent.own_ratings, agent.unscored),
            *(agent.has_new_owner, agent.chain != "base", agent.claimed),
        )
    )
    backed = found["backed"]
    established = any(each.is_established for each in voices)
    paying = sum(each.net > 0 for each in voices) + sum(each.trusted for each in voices)
    means = found["unpaid_mean"], found["backed_mean"]
    far = None not in means and abs(means[0] - means[1]) >= 30
    here = {
        "UNPAID_ONLY": bool(voices) and not backed,
        "NEWCOMERS_ONLY": bool(voices) and not backed and not established,
        "FEW_PAYING_REVIEWERS": backed > 0 and paying < 3,
        "UNPAID_DISAGREE": backed >= 1 and found["unpaid_reviewers"] >= 1 and far,
        "REPEATED_RECORDS": bool(voices)
        and (len(voices) if agent.ratings is None else agent.ratings) >= 10 * len(voices),
    }
    return [code for code in of_the_public if code not in here] + [
        code for code, is_so in here.items() if is_so
    ]
