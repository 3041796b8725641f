"""The decision about one payment, from the evidence about an agent and a policy.

The functions are pure: erc8004_decision_inputs() returns the evidence with its score.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from kamiyo_api.schemas.decision_codes import CURED_BY_VOUCHING, LEVELS, WARNINGS
from kamiyo_api.trust.checks import Check
from kamiyo_api.trust.decision_policies import DecisionPolicy
from kamiyo_api.trust.evidence import digest_of, evidence_of

Inputs = Mapping[str, Any]
DAY = dt.timedelta(days=1)


class Case(NamedTuple):
    """One decision to make: the evidence about the agent, its figures at the stake, the amount and
    the policy."""

    inputs: Inputs
    at_stake: Mapping[str, Any]
    amount: Decimal
    policy: DecisionPolicy

    @property
    def expected_loss(self) -> Decimal:
        """Return the expected loss of the payment."""
        score = self.at_stake["score"] or self.inputs["expected_score"]
        return self.amount * (1 - Decimal(score) / 100)

    @property
    def loss_at_low(self) -> Decimal:
        """Return the expected loss at the low of the score."""
        return self.amount * (1 - Decimal(self.at_stake["low"] or 0) / 100)

    @property
    def cheat_gain(self) -> Decimal:
        """Return what a cheat gains until enough victims have complained."""
        gain = max(self.amount, Decimal(self.at_stake["cheat_gain_usdc"]))
        return gain / Decimal(self.policy.complaint_rate)

    @property
    def forgery_cost(self) -> Decimal:
        """Return the cost of forging the evidence."""
        return Decimal(self.inputs["forgery_cost_usdc"])

    @property
    def trusted_mean(self) -> Decimal | None:
        """Return the mean rating by the reviewers the caller trusts."""
        reviewers = self.inputs["vouching_reviewers"]
        return Decimal(self.inputs["vouching_voices"]) / (100 * reviewers) if reviewers else None

    @property
    def is_too_old(self) -> bool:
        """Return whether the last rating by a paying or trusted reviewer is missing or older than
        the policy accepts."""
        newest = self.inputs["last_backed_at"]
        if self.policy.max_age_days is None or newest is None:
            return True
        age = dt.datetime.fromisoformat(self.inputs["as_of"]) - dt.datetime.fromisoformat(newest)
        return age > self.policy.max_age_days * DAY


def decide(
    inputs: Inputs, amount: Decimal, policy: DecisionPolicy, stake_place: int = 0
) -> dict[str, Any]:
    """Return the decision about a payment to an agent, with its checks and figures; `stake_place`
    selects one of the stakes in the evidence."""
    case = Case(inputs, inputs["stakes"][stake_place], amount, policy)
    warnings, notes = warnings_of(case)
    checks = [*demands_of(case), *warnings]
    evidence = evidence_of(inputs, case.at_stake)
    return {
        "decision": outcome_of(checks),
        "agent": inputs["agent"],
        "amount_usdc": money(case.amount),
        "checks": [check.as_answer() for check in checks],
        "notes": notes,
        "level_at_stake": case.at_stake["level"],
        "stake_usdc": case.at_stake["stake_usdc"],
        **{name: points(case.at_stake[name]) for name in ("score", "low", "high")},
        "effective_reviewers": points(case.at_stake["effective_reviewers"]),
        "trusted_mean": points(case.trusted_mean),
        "forgery_cost_usdc": money(case.forgery_cost),
        "cheat_gain_usdc": money(case.cheat_gain),
        "expected_loss_usdc": money(case.expected_loss),
        "loss_at_low_usdc": money(case.loss_at_low),
        "evidence": evidence,
        "inputs_digest": digest_of(evidence),
        "policy": policy.as_applied(),
        "rule_version": inputs["rule_version"],
        "as_of": inputs["as_of"],
        "blocks": blocks_of(inputs),
        "not_computed": inputs["not_computed"],
    }


def outcome_of(checks: list[Check]) -> str:
    """Return the decision: the worst effect of a failed check."""
    failed = {check.effect for check in checks if not check.passed}
    return next((effect for effect in ("block", "warn") if effect in failed), "allow")


def demands_of(case: Case) -> list[Check]:
    """Return the checks that block: those of every policy, then those of this one."""
    inputs, policy, level = case.inputs, case.policy, case.at_stake["level"]
    is_poor = level == "poor" and not inputs["is_vouched"]
    objected = inputs["is_objected"]
    every = [
        Check("NOT_ACTIVE", "block", inputs["status"] == "active", inputs["status"], "active"),
        Check("POOR_AT_STAKE", "block", not is_poor, level, "fair"),
    ]
    if policy.trusted_reviewers:
        middle = points(inputs["expected_score"])
        trusted = points(case.trusted_mean)
        every.append(Check("TRUSTED_OBJECT", "block", not objected, trusted, middle))
    return every + [
        Check(code, "block", passed, value, threshold)
        for code, passed, value, threshold in own_demands(case)
        if threshold is not None
    ]


def own_demands(case: Case) -> list[tuple[str, bool, Any, Any]]:
    """Return the optional demands of a policy: code, whether it is met, the value found, and the
    value required, None if the policy does not require any."""
    inputs, at_stake, policy = case.inputs, case.at_stake, case.policy
    rank = LEVELS.index
    low, effective = Decimal(at_stake["low"] or 0), Decimal(at_stake["effective_reviewers"])
    level, demanded = at_stake["level"], policy.min_level
    least, most = policy.min_score_low, policy.max_expected_loss_usdc
    reviewers = policy.min_effective_reviewers
    return [
        ("LEVEL_BELOW_POLICY", rank(level) >= rank(demanded or "new"), level, demanded),
        ("SCORE_BELOW_POLICY", low >= Decimal(least or 0), points(at_stake["low"]), points(least)),
        (
            *("REVIEWERS_BELOW_POLICY", effective >= Decimal(reviewers or 0)),
            *(points(effective), points(reviewers)),
        ),
        at_least("PAYING_BELOW_POLICY", inputs["paying_reviewers"], policy.min_paying_reviewers),
        at_least(
            "TRUSTED_BELOW_POLICY", inputs["vouching_reviewers"], policy.min_trusted_reviewers
        ),
        (
            *("LOSS_ABOVE_POLICY", most is None or case.expected_loss <= Decimal(most)),
            *(money(case.expected_loss), most if most is None else money(Decimal(most))),
        ),
        (
            *("TOO_OLD_FOR_POLICY", not case.is_too_old),
            *(inputs["last_backed_at"], policy.max_age_days),
        ),
        (
            *("SOURCE_NOT_ACCEPTED", inputs["source"] in (policy.sources or ())),
            *(inputs["source"], policy.sources and ", ".join(policy.sources)),
        ),
    ]


def at_least(code: str, found: int, demanded: int | None) -> tuple[str, bool, Any, Any]:
    """Return the demand for a number of reviewers."""
    return code, found >= (demanded or 0), found, demanded


def warnings_of(case: Case) -> tuple[list[Check], list[str]]:
    """Return the checks that warn, and the other codes that apply."""
    found = findings_of(case)
    policy = case.policy
    cured = CURED_BY_VOUCHING if case.inputs["is_vouched"] else frozenset()
    warned = [code for code in WARNINGS if code not in cured]
    warned += [code for code in policy.warn_on if code not in warned]
    warned = [code for code in warned if code not in policy.ignore]
    true = [code for code, (is_found, *_) in found.items() if is_found]
    checks = [
        Check(code, "warn", not is_found, *figures)
        for code in warned
        for is_found, *figures in [found.get(code, (False,))]
    ]
    notes = [code for code in true if code not in warned]
    return checks, notes + (["VOUCHED"] if case.inputs["is_vouched"] else [])


def findings_of(case: Case) -> dict[str, tuple[Any, ...]]:
    """Return for each code whether it applies, and its figures."""
    inputs, at_stake, level = case.inputs, case.at_stake, case.at_stake["level"]
    rank = LEVELS.index
    allowed = case.policy.allow_from
    forged, gain = case.forgery_cost, case.cheat_gain
    is_good = Decimal(at_stake["cheat_gain_usdc"]) > 0
    highest = Decimal(inputs["highest_stake_usdc"])
    return {
        **dict.fromkeys(at_stake["caveats"], (True,)),
        "NOT_PROVEN": (rank(level) < rank(allowed) and level != "poor", level, allowed),
        "FORGEABLE": (is_good and forged < gain, money(forged), money(gain)),
        "STAKE_ABOVE_SCALE": (case.amount > highest, money(case.amount), money(highest)),
        "TRUSTED_DIFFER": (inputs["is_vouched"] and level == "poor",),
    }


def place_of(inputs: Inputs, amount: Decimal) -> int:
    """Return the place of the stake for an amount: the smallest stake that is not below it, or the
    highest."""
    stakes = [Decimal(each["stake_usdc"]) for each in inputs["stakes"]]
    return next((place for place, stake in enumerate(stakes) if amount <= stake), len(stakes) - 1)


def blocks_of(inputs: Inputs) -> list[dict[str, Any]]:
    """Return the last block read of the agent's chain, if the service reads it."""
    if inputs["block"] is None:
        return []
    agent = inputs["agent"]
    return [{"chain": agent["chain"], "caip2": agent["caip2"], "block": inputs["block"]}]


def money(usdc: Decimal) -> str:
    """Return an amount as a string with six decimals."""
    return f"{usdc:.6f}"


def points(value: str | Decimal | Decimal | None) -> float | None:
    """Return a figure with two decimals."""
    return None if value is None else float(round(Decimal(value), 2))
