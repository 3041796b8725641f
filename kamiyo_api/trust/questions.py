"""The questions of a request for decisions: finding the agent of each, and deciding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import orjson

from kamiyo_api import db
from kamiyo_api.trust.decision_policies import DecisionPolicy, policy_of
from kamiyo_api.trust.decisions import decide
from kamiyo_api.trust.payments import Payment, payment_of
from kamiyo_api.trust.undecided import undecided

MOST_SHOWN = 10


@dataclass
class Question:
    """One decision to make. `whom` has the `agent_uuid` or the token of the agent, or else a
    `wallet` and a `url` to find it by."""

    whom: dict[str, Any]
    amount: Decimal
    policy: DecisionPolicy
    payment: Payment | None = None
    candidates: list[dict[str, Any]] | None = None
    doubt: str = "UNKNOWN_AGENT"
    inputs: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def is_by_claim(self) -> bool:
        """Return whether to find the agent by the wallet or URL that it claims."""
        return "wallet" in self.whom

    def answer(self) -> dict[str, Any]:
        """Return the decision."""
        if self.inputs is None:
            answer = undecided(self.doubt, self.amount, self.policy)
        else:
            answer = decide(self.inputs, self.amount, self.policy)
        if self.payment is not None:
            answer["payment"] = self.payment.as_answer()
        if self.candidates is not None:
            answer["candidates"] = self.candidates
        return answer


def question_of(item: Mapping[str, Any]) -> Question:
    """Return the question of a valid item with the canonical name of its chain. Raises
    ChainNotSupported, InvalidInput."""
    policy, amount = policy_of(item["policy"]), item["amount_usdc"]
    if item["payment_requirements"] is not None:
        payment = payment_of(item["payment_requirements"], amount)
        url = item["url"] or payment.url
        whom = claim_of(payment.pay_to, payment.chain, url)
        return Question(whom, payment.amount_usdc or Decimal(0), policy, payment)
    if item["pay_to"] is not None or item["url"] is not None:
        return Question(claim_of(item["pay_to"], item["chain"], item["url"]), amount, policy)
    names = ("agent_uuid", "chain", "registry_address", "agent_id")
    return Question({name: item[name] for name in names}, amount, policy)


def claim_of(wallet: str | None, chain: str | None, url: str | None) -> dict[str, Any]:
    """Return what to find an agent by: a wallet on a chain, a URL and its host."""
    return {"wallet": wallet, "chain": chain, "url": url, "host": host_of(url)}


def host_of(url: str | None) -> str | None:
    """Return the host and port of a URL, or None."""
    try:
        return urlsplit(url or "").netloc.lower() or None
    except ValueError:
        return None


def answer_questions(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Return the decisions: one query finds the agents by their claims if needed, one reads all
    evidence."""
    find_by_claims([question for question in questions if question.is_by_claim])
    named = [question for question in questions if not question.is_by_claim]
    if named:
        items = [item_of(place, question) for place, question in enumerate(named)]
        for row in db.rows("decisions.list_inputs", items=orjson.dumps(items).decode()):
            named[row["place"]].inputs = orjson.loads(row["inputs"])
    return [question.answer() for question in questions]


def item_of(place: int, question: Question) -> dict[str, Any]:
    """Return the parameters of a question in the query for the evidence."""
    agent_id = question.whom.get("agent_id")
    return {
        **question.whom,
        "agent_id": None if agent_id is None else str(agent_id),
        "place": place,
        "amount_usdc": str(question.amount),
        "trusted": list(question.policy.trusted_reviewers),
        "trusted_only": question.policy.trusted_only,
    }


def find_by_claims(questions: Sequence[Question]) -> None:
    """Find the agents of questions by their claims; set the uuid of each, or the doubt."""
    if not questions:
        return
    items = [{"place": place, **question.whom} for place, question in enumerate(questions)]
    found: dict[int, list[db.Row]] = defaultdict(list)
    for row in db.rows("decisions.list_candidates", items=orjson.dumps(items).decode()):
        found[row["place"]].append(row)
    for place, question in enumerate(questions):
        rows = found[place]
        question.candidates = [
            {"agent": row["agent"], "proved": row["proved"]} for row in rows[:MOST_SHOWN]
        ]
        settle(question, rows)


def settle(question: Question, rows: Sequence[db.Row]) -> None:
    """Choose the one agent that proves the claim of a question. An agent that proves the wallet
    goes before one that proves the host, then one that names the URL before others.

    An unproved claim chooses no agent: anyone can make it.
    """
    proving = [row for row in rows if row["proved"]]
    for proof in ("agent_wallet", "domain"):
        having = [row for row in proving if proof in row["proved"]]
        proving = having or proving
    naming = [row for row in proving if row["names_url"]]
    chosen = naming if len(proving) > 1 and naming else proving
    if len(chosen) == 1:
        question.whom = {"agent_uuid": chosen[0]["agent_uuid"]}
    elif chosen:
        question.doubt = "SEVERAL_AGENTS"
    elif rows:
        question.doubt = "AGENT_UNCONFIRMED"
