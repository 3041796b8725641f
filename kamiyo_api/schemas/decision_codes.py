"""The codes of the checks of a decision, and its named policies."""

from __future__ import annotations

from kamiyo_api.schemas.caveats import CAVEATS

DECISIONS = {
    "allow": "No check warns or blocks.",
    "warn": "Something is unknown or unproven; `checks` says what.",
    "block": "A demand of the policy is not met, or the agent is known to be poor.",
}
EFFECTS = DECISIONS
# The demands of the policy: a failed check blocks.
DEMANDS = {
    "NOT_ACTIVE": "The agent is suspended or revoked.",
    "TRUSTED_OBJECT": "The reviewers the caller trusts rate it below 50 on average.",
    "POOR_AT_STAKE": "At this stake the agent is poor, by its reviewers or by its payments.",
    "LEVEL_BELOW_POLICY": "The level at the stake is below min_level.",
    "SCORE_BELOW_POLICY": "The low of the score is below min_score_low.",
    "REVIEWERS_BELOW_POLICY": "There are fewer effective reviewers than min_effective_reviewers.",
    "PAYING_BELOW_POLICY": "There are fewer paying reviewers than min_paying_reviewers.",
    "TRUSTED_BELOW_POLICY": "Fewer of the caller's reviewers rated it than min_trusted_reviewers.",
    "LOSS_ABOVE_POLICY": "The expected loss is above max_expected_loss_usdc.",
    "TOO_OLD_FOR_POLICY": "No paying or trusted reviewer rated it within max_age_days.",
    "SOURCE_NOT_ACCEPTED": "The agent's record comes from a source that is not among sources.",
}
# The identity of the agent: the policy's `unknown` is the effect of a failed check.
IDENTITY = {
    "UNKNOWN_AGENT": "This service has no record of the agent.",
    "AGENT_UNCONFIRMED": "Agents claim the URL or address, but none has proved it.",
    "SEVERAL_AGENTS": "Several agents have proved that they own the URL or address.",
}
# Findings of decisions only, besides the caveats.
FINDINGS = {
    "NOT_PROVEN": "The level at the stake is below allow_from, and not poor.",
    "FORGEABLE": "Forging the evidence would cost less than a cheat would gain.",
    "STAKE_ABOVE_SCALE": "The amount is above the highest stake at which evidence is weighed.",
    "TRUSTED_DIFFER": "The agent is poor, but the reviewers the caller trusts vouch for it.",
}
WARNABLE = CAVEATS | FINDINGS
CODES = DEMANDS | IDENTITY | WARNABLE
# Nobody but the agent can cause one of these without paying the agent.
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
# Warnings that are dropped if reviewers the caller trusts vouch for the agent.
CURED_BY_VOUCHING = frozenset(
    (
        *("NO_REVIEWS", "UNPAID_ONLY", "FEW_PAYING_REVIEWERS"),
        *("NOT_PROVEN", "FORGEABLE", "OWNER_CHANGED"),
    )
)
POLICIES = {
    "cautious": "Warns of anything unproven, or forgeable for less than a cheat would gain.",
    "open": "Like cautious, but does not warn of forgeable evidence.",
    "strict": "Blocks an agent that is unknown, below good, or has fewer than three paying "
    "reviewers.",
}
# In ascending order, for the comparison in policies.
LEVELS = ("new", "poor", "fair", "good", "excellent")
