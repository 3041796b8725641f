"""The report on the score of an agent: all its figures, with a sentence for each."""

from __future__ import annotations

from typing import Any

import orjson

from kamiyo_api import db

# The sentences by figure, in the order in which to read them. UNKNOWN has those for null.
SENTENCES = {
    "score": "The score is {score}: the middle, moved slightly by unpaid ratings.",
    "score_low": "The low, with two more dissatisfied paying customers, is {score_low}.",
    "score_high": "The high, with two more satisfied paying customers, is {score_high}.",
    "score_middle": "The middle, with one of each, is {score_middle}; the level depends on the "
    "middle and the high.",
    "trust_level": "The level is {trust_level}.",
    "average_score": "The unweighted mean of all scores is {average_score}.",
    "difference": "The score differs from the unweighted mean by {difference}.",
    "stake_usdc": "A reviewer who paid the agent {stake_usdc} USDC or more, net, has the weight 1.",
    "effective_reviewers": "The weights of all reviewers add up to {effective_reviewers}.",
    "backed_reviewers": "{backed_reviewers} of that is the weight of paying and trusted reviewers.",
    "backed_mean": "Their weighted mean rating is {backed_mean}.",
    "unpaid_weight": "All unpaid ratings together weigh {unpaid_weight}, always under 0.5.",
    "unpaid_mean": "The mean of the unpaid ratings is {unpaid_mean}.",
    "reviewers": "{reviewers} reviewers rated it; each counts once, with the mean of its ratings.",
    "established_reviewers": "{established_reviewers} of them are known: for 30 days, by ratings "
    "of agents of three owners.",
    "new_reviewers": "{new_reviewers} are new; together, the unpaid ones weigh less than one.",
    "paying_reviewers": "{paying_reviewers} of them paid the agent more than they got back.",
    "trusted_reviewers": "The operator trusts {trusted_reviewers} of them.",
    "reciprocal_reviewers": "{reciprocal_reviewers} of them and the owner rated each other's "
    "agents, so their payments do not count.",
    "ratings": "{ratings} records count as ratings.",
    "own_ratings": "{own_ratings} ratings by the agent's own owner or wallet do not count.",
    "former_ratings": "{former_ratings} ratings from before the current owner do not count.",
    "unscored_feedback": "{unscored_feedback} records have no score from 0 to 100.",
    "net_usdc": "The reviewers paid the agent {net_usdc} USDC, net.",
    "returned_usdc": "{returned_usdc} USDC went back to them.",
    "last_backed_at": "A paying or trusted reviewer last rated it at {last_backed_at}.",
    "settled_payments": "{settled_payments} payments to the agent are settled.",
    "success_rate": "{success_rate} percent of them succeeded.",
    "owner_since": "The current owner has had the agent since {owner_since}.",
}
UNKNOWN = {
    "score": "Nobody has rated the agent, so it has no score.",
    "score_low": "Without ratings, there is no low.",
    "score_high": "Without ratings, there is no high.",
    "score_middle": "Without ratings, there is no middle.",
    "average_score": "No record has a score, so there is no mean.",
    "difference": "Without a score and a mean, there is no difference.",
    "backed_mean": "No paying or trusted reviewer has rated it, so there is no mean of theirs.",
    "unpaid_mean": "There are no unpaid ratings.",
    "last_backed_at": "No paying or trusted reviewer has rated it.",
    "success_rate": "No payment is settled, so there is no success rate.",
    "owner_since": "It is unknown when the current owner got the agent.",
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
