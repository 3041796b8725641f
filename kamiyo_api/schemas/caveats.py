"""The codes of what to know beside a score, and of what this deployment cannot tell."""

from __future__ import annotations

# In the order in which an answer has them; sql/functions/70_trust.sql says when.
CAVEATS = {
    "NO_REVIEWS": "Nobody has rated the agent since it has its owner.",
    "ONE_REVIEWER": "All ratings come from one reviewer.",
    "UNPAID_ONLY": "No reviewer left money with the agent: the score is hardly more than a guess.",
    "NEWCOMERS_ONLY": "Unpaid only, and every reviewer is new here.",
    "FEW_PAYING_REVIEWERS": "Fewer than three reviewers paid the agent or are trusted.",
    "UNPAID_DISAGREE": "Those who did not pay differ by 30 points or more from those who did.",
    "REPEATED_RECORDS": "There are ten or more ratings per reviewer; each reviewer has one voice.",
    "RECIPROCAL_REVIEWS": "The agent's owner and a reviewer rated each other's agents.",
    "OWN_REVIEWS": "The agent's owner or wallet rated it, which does not count.",
    "PAYMENTS_RETURNED": "Money went back from the agent to its reviewers, and does not count.",
    "UNSCORED_RECORDS": "Some records have no score from 0 to 100, and do not count.",
    "OWNER_CHANGED": "The agent has another owner than at first; ratings of earlier do not count.",
    "STALE": "No paying or trusted reviewer has rated the agent for 90 days.",
    "NO_PAYMENTS": "No payment to the agent is settled.",
    "PAYMENTS_FAIL": "Of five or more settled payments, fewer than 85 % succeeded.",
    "TESTNET": "The agent lives on a testnet, whose money is worth nothing: it is fair at most.",
    "CLAIMED": "The agent was registered here under a token id that no chain has confirmed.",
}
# What is not computed, apart from codes above that need a chain to be read.
NOT_COMPUTED = CAVEATS | {
    "SHARED_FUNDER": "Several reviewers may have been funded by one wallet.",
}
