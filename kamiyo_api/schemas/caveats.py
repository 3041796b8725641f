"""The codes of caveats beside a score, and of what this deployment does not compute."""

from __future__ import annotations

# In the order of the answers; sql/functions/70_trust.sql has the conditions.
CAVEATS = {
    "NO_REVIEWS": "Nobody has rated the agent under its current owner.",
    "ONE_REVIEWER": "All ratings come from one reviewer.",
    "UNPAID_ONLY": "No reviewer has a net payment to it; the score is little more than a guess.",
    "NEWCOMERS_ONLY": "No reviewer has a net payment to it, and all of them are new here.",
    "FEW_PAYING_REVIEWERS": "Fewer than three reviewers paid the agent or are trusted.",
    "UNPAID_DISAGREE": "Unpaid and paying reviewers differ by 30 points or more.",
    "REPEATED_RECORDS": "There are ten or more ratings per reviewer; each reviewer counts once.",
    "RECIPROCAL_REVIEWS": "The agent's owner and a reviewer rated each other's agents.",
    "OWN_REVIEWS": "The agent's owner or wallet rated it, which does not count.",
    "PAYMENTS_RETURNED": "Money went back from the agent to its reviewers, and does not count.",
    "UNSCORED_RECORDS": "Some records have no score from 0 to 100, and do not count.",
    "OWNER_CHANGED": "The agent changed owners; ratings from before that do not count.",
    "STALE": "No paying or trusted reviewer has rated the agent for 90 days.",
    "NO_PAYMENTS": "No payment to the agent is settled.",
    "PAYMENTS_FAIL": "Of five or more settled payments, fewer than 85 % succeeded.",
    "TESTNET": "The agent is on a testnet, where money is worthless: its level is fair at most.",
    "CLAIMED": "The agent was registered here under a token id that no chain has confirmed.",
}
# What is not computed: the codes above that need a chain to be read, and these.
NOT_COMPUTED = CAVEATS | {
    "SHARED_FUNDER": "Several reviewers may have been funded by one wallet.",
}
