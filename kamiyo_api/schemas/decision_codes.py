"""The codes of what a decision checks, and the words of its policies."""

from __future__ import annotations

from kamiyo_api.schemas.caveats import CAVEATS

DECISIONS = {
    "allow": "Nothing speaks against the payment.",
    "warn": "Something is not known or not proven; `checks` says what.",
    "block": "A demand of the policy is not met, or the agent is known to be poor.",
}
EFFECTS = DECISIONS
# What the policy demands: a check that fails blocks.
DEMANDS = {
    "NOT_ACTIVE": "The agent is suspended or revoked.",
    "TRUSTED_OBJECT": "The reviewers the caller trusts rate it below 50 on average.",
    "POOR_AT_STAKE": "The agent is poor by what reviewers who risked as much say, or by payments.",
    "LEVEL_BELOW_POLICY": "The level at the stake is below min_level.",
    "SCORE_BELOW_POLICY": "The low of the score is below min_score_low.",
    "REVIEWERS_BELOW_POLICY": "There are fewer effective reviewers than min_effective_reviewers.",
    "PAYING_BELOW_POLICY": "There are fewer paying reviewers than min_paying_reviewers.",
    "TRUSTED_BELOW_POLICY": "Fewer of the caller's reviewers rated it than min_trusted_reviewers.",
    "LOSS_ABOVE_POLICY": "The expected loss is above max_expected_loss_usdc.",
    "TOO_OLD_FOR_POLICY": "No paying or trusted reviewer rated it within max_age_days.",
    "SOURCE_NOT_ACCEPTED": "The agent's record comes from a source that is not among sources.",
}
# Who the agent is: the policy's `unknown` says what follows if a check fails.
IDENTITY = {
    "UNKNOWN_AGENT": "No record here knows the agent.",
    "AGENT_UNCONFIRMED": "Agents say that the URL or address is theirs, and none has proved it.",
    "SEVERAL_AGENTS": "Several agents have proved that the URL or address is theirs.",
}
# What only a decision can tell, beside the caveats.
FINDINGS = {
    "NOT_PROVEN": "The level at the stake is below allow_from, and not poor.",
    "FORGEABLE": "Forging the evidence would cost less than a cheat would gain.",
    "STAKE_ABOVE_SCALE": "The amount is above the highest stake at which evidence is weighed.",
    "TRUSTED_DIFFER": "The agent is poor, but the reviewers the caller trusts vouch for it.",
}
WARNABLE = CAVEATS | FINDINGS
CODES = DEMANDS | IDENTITY | WARNABLE
# Nothing among these can be brought about by others than the agent without paying it.
WARNINGS = (
    "NO_REVIEWS",
    "UNPAID_ONLY",
    "FEW_PAYING_REVIEWERS",
    "OWNER_CHANGED",
    "STALE",
    "PAYMENTS_FAIL",
    "CLAIMED",
    "NOT_PROVEN",
    "FORGEABLE",
    "STAKE_ABOVE_SCALE",
    "TRUSTED_DIFFER",
)
# What a warning is not given for if reviewers the caller trusts vouch for the agent.
CURED_BY_VOUCHING = frozenset(
    (
        *("NO_REVIEWS", "UNPAID_ONLY", "FEW_PAYING_REVIEWERS"),
        *("NOT_PROVEN", "FORGEABLE", "OWNER_CHANGED"),
    )
)
POLICIES = {
    "cautious": "Warns of whatever is not proven or could be forged for less than a cheat wins.",
    "open": "As cautious, but does not warn of what could be forged.",
    "strict": "Blocks an agent that is unknown, below good, or has fewer than three paying "
    "reviewers.",
}
# From the worst known to the best, as policies compare them.
LEVELS = ("new", "poor", "fair", "good", "excellent")
