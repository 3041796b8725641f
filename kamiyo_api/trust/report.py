"""The report on the score of an agent: all that it is made of, with a sentence for each figure."""

from __future__ import annotations

from typing import Any

import orjson

from kamiyo_api import db

# The sentences in the order in which they explain; each names the figure that it is about. Where
# that is null, UNKNOWN has the sentence.
SENTENCES = {
    "score": "The score is {score}: the middle, drawn a little by those who did not pay.",
    "score_low": "Two more paying customers are imagined; were they unhappy the score would be "
    "{score_low}.",
    "score_high": "Were they happy, it would be {score_high}.",
    "score_middle": "Were they of two minds, it would be {score_middle}; the level looks at this, "
    "and at the high.",
    "trust_level": "The level is {trust_level}.",
    "average_score": "The plain mean of all scores is {average_score}, whoever wrote them.",
    "difference": "The score differs from the plain mean by {difference}.",
    "stake_usdc": "A reviewer's voice is whole if {stake_usdc} USDC or more stayed with the agent.",
    "effective_reviewers": "{effective_reviewers} whole voices stand behind the score.",
    "backed_reviewers": "{backed_reviewers} of them are paid for, or trusted by the operator.",
    "backed_mean": "The mean of what is paid for is {backed_mean}.",
    "unpaid_weight": "All that is not paid for weighs {unpaid_weight} together, always under 0.5.",
    "unpaid_mean": "The mean of what is not paid for is {unpaid_mean}.",
    "reviewers": "{reviewers} reviewers rated it; each has one voice, the mean of its ratings.",
    "established_reviewers": "{established_reviewers} of them are known for 30 days, by ratings of "
    "agents of three owners.",
    "new_reviewers": "{new_reviewers} are new; those who did not pay weigh less than one together.",
    "paying_reviewers": "{paying_reviewers} of them paid the agent more than came back.",
    "trusted_reviewers": "The operator trusts {trusted_reviewers} of them.",
    "reciprocal_reviewers": "With {reciprocal_reviewers} of them the owner exchanged ratings, so "
    "their money does not count.",
    "ratings": "{ratings} records are ratings that give a voice.",
    "own_ratings": "{own_ratings} ratings by the agent's own owner or wallet give none.",
    "former_ratings": "{former_ratings} ratings from before the agent had its owner give none.",
    "unscored_feedback": "{unscored_feedback} records have no score from 0 to 100.",
    "net_usdc": "The reviewers left {net_usdc} USDC with the agent.",
    "returned_usdc": "{returned_usdc} USDC went back to them.",
    "last_backed_at": "A paying or trusted reviewer last rated it at {last_backed_at}.",
    "settled_payments": "{settled_payments} payments to the agent are settled.",
    "success_rate": "{success_rate} percent of them succeeded.",
    "owner_since": "The agent has had its owner since {owner_since}.",
}
UNKNOWN = {
    "score": "Nobody has rated the agent, so it has no score.",
    "score_low": "Without a rating, there is no low.",
    "score_high": "Without a rating, there is no high.",
    "score_middle": "Without a rating, there is no middle.",
    "average_score": "No record has a score, so there is no mean.",
    "difference": "There are not both a score and a mean, so they do not differ.",
    "backed_mean": "Nothing that was said is paid for.",
    "unpaid_mean": "Everything that was said is paid for.",
    "last_backed_at": "No paying or trusted reviewer has rated it.",
    "success_rate": "Nothing is settled, so nobody knows how many payments succeed.",
    "owner_since": "The service does not know since when the agent has its owner.",
}


def report_on(agent_uuid: str) -> db.Row | None:
    """Return everything about the score of an agent with its sentences; None if there is no such
    agent."""
    found = db.row("trust.get_by_agent", agent_uuid=agent_uuid)
    return found and in_words(found)


def answer_on(agent_uuid: str) -> db.Row | None:
    """Return the report on an agent as the JSON of the answer, with the number of its refresh; None
    if there is no such agent."""
    found = db.row("trust.get_by_agent", agent_uuid=agent_uuid)
    return found and {"refresh": found["refresh"], "body": orjson.dumps(in_words(found)).decode()}


def in_words(found: db.Row) -> db.Row:
    """Return a report with its sentences."""
    report: db.Row = orjson.loads(found["report"])
    return report | {"sentences": {name: sentence(report, name) for name in SENTENCES}}


def sentence(report: dict[str, Any], name: str) -> str:
    """Return the sentence about one figure of a report."""
    if report[name] is None:
        return UNKNOWN[name]
    return SENTENCES[name].format(**{name: report[name]})
