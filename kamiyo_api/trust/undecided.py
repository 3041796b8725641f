"""The decision about an unknown agent: the `unknown` of the policy."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from kamiyo_api.trust.checks import Check
from kamiyo_api.trust.decision_policies import DecisionPolicy
from kamiyo_api.trust.decisions import money

UNKNOWN = (
    *("agent", "level_at_stake", "stake_usdc", "score", "low", "high", "effective_reviewers"),
    *("trusted_mean", "forgery_cost_usdc", "cheat_gain_usdc", "expected_loss_usdc"),
    *("evidence", "inputs_digest", "rule_version"),
)


def undecided(code: str, amount: Decimal, policy: DecisionPolicy) -> dict[str, Any]:
    """Return the decision if the agent is unknown; the code says why."""
    now = dt.datetime.now(dt.UTC)
    check = Check(code, policy.unknown, False)
    return {
        "decision": policy.unknown,
        **dict.fromkeys(UNKNOWN),
        "amount_usdc": money(amount),
        "checks": [check.as_answer()],
        "notes": [],
        "loss_at_low_usdc": money(amount),
        "policy": policy.as_applied(),
        "as_of": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "blocks": [],
        "not_computed": [],
    }
