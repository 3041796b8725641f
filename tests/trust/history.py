"""The results of the trust rule for the whole history in a database, in exact fractions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from fractions import Fraction
from typing import Any

from tests.support.database import Row, Sql
from tests.trust.rule import STAKES, Reviewer, summary, sums

AGENTS = """
select
  a.id::text as agent, a.owner_address, a.owner_since, c.is_testnet,
  array_remove(
    array[
      a.owner_address,
      case when a.source = 'chain' then a.agent_wallet else '0x' || encode(m.value, 'hex') end
    ],
    null
  ) as own
from erc8004_agents as a
join erc8004_chains as c on c.name = a.chain
left join erc8004_agent_metadata as m on m.agent_uuid = a.id and m.key = 'agentWallet'
"""
FEEDBACK = """
select
  r.agent_uuid::text as agent, r.client_address as client, r.score, r.is_revoked, r.created_at,
  r.score is not null and coalesce(r.tag1, '') in ('', 'starred') as is_rating
from erc8004_reputation as r
"""
PAYMENTS = """
select
  p.agent_uuid::text as agent, p.payer_address as payer, p.payee_address as payee,
  p.amount_usdc as usdc, c.is_testnet
from erc8004_agent_payments as p
join erc8004_chains as c on c.name = p.chain
where p.status = 'verified'
"""
TRUSTED = "select client_address from erc8004_trusted_reviewers"


class History:
    """The reviewers of every agent, from the rows of the database."""

    def __init__(self, sql: Sql, as_of: dt.datetime) -> None:
        self.as_of = as_of
        self.agents = {row["agent"]: row for row in sql(AGENTS)}
        self.feedback = sql(FEEDBACK)
        self.payments = sql(PAYMENTS)
        self.trusted = {row["client_address"] for row in sql(TRUSTED)}
        self.ratings = self._ratings()

    def _ratings(self) -> dict[tuple[str, str], list[Row]]:
        """Return the ratings that count, by agent and client."""
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.feedback:
            agent = self.agents[row["agent"]]
            is_former = agent["owner_since"] and row["created_at"] < agent["owner_since"]
            is_own = row["client"] in agent["own"]
            if row["is_rating"] and not (row["is_revoked"] or is_former or is_own):
                found[row["agent"], row["client"]].append(row)
        return found

    def _paid(self, agent: str, client: str) -> Fraction:
        is_testnet = self.agents[agent]["is_testnet"]
        paid = [
            Fraction(row["usdc"])
            for row in self.payments
            if (row["agent"], row["payer"]) == (agent, client)
            and (is_testnet or not row["is_testnet"])
        ]
        return sum(paid, Fraction(0))

    def _returned(self, agent: str, client: str) -> Fraction:
        own = self.agents[agent]["own"]
        back = [
            Fraction(row["usdc"])
            for row in self.payments
            if row["payer"] in own and row["payee"] == client and not row["is_testnet"]
        ]
        return sum(back, Fraction(0))

    def _owners(self, client: str) -> int:
        return len({self.agents[a]["owner_address"] for a, who in self.ratings if who == client})

    def _days_known(self, client: str) -> int:
        first = min(row["created_at"] for row in self.feedback if row["client"] == client)
        return (self.as_of - first).days

    def _rates_mutually(self, agent: str, client: str) -> bool:
        own = self.agents[agent]["own"]
        return any(
            who in own and client in self.agents[rated]["own"] for rated, who in self.ratings
        )

    def reviewers(self, agent: str) -> list[Reviewer]:
        """Return the reviewers of an agent who have a voice."""
        return [
            Reviewer(
                [str(row["score"]) for row in rows],
                paid=str(paid := self._paid(agent, client)),
                returned=str(self._returned(agent, client)) if paid else "0",
                days_known=self._days_known(client),
                owners=self._owners(client),
                rates_mutually=self._rates_mutually(agent, client),
                trusted=client in self.trusted,
                last_rated=max(int(row["created_at"].timestamp()) for row in rows),
            )
            for (rated, client), rows in self.ratings.items()
            if rated == agent
        ]

    def evidence(self) -> dict[tuple[str, bool], dict[str, Any]]:
        """Return the expected rows of erc8004_evidence."""
        rows = {}
        for agent in self.agents:
            for established in (True, False):
                chosen = [
                    each for each in self.reviewers(agent) if each.is_established == established
                ]
                if chosen:
                    rows[agent, established] = evidence_of(chosen, established)
        return rows

    def scores(self) -> dict[str, dict[str, float]]:
        """Return the scores of all agents that have one, at the public stake."""
        found = {}
        for agent in self.agents:
            if reviewers := self.reviewers(agent):
                figures = summary(reviewers, STAKES[2])
                found[agent] = {name: float(figures[name] or 0) for name in SCORES}
        return found


SCORES = ("score", "middle", "low", "high", "effective_reviewers")


def evidence_of(reviewers: list[Reviewer], established: bool) -> dict[str, Any]:
    """Return the sums over reviewers of one class."""
    by_stake = [sums(reviewers, established, stake) for stake in STAKES]
    return {
        "reviewers": len(reviewers),
        "voices": int(by_stake[0][1]),
        "paying": sum(each.net > 0 for each in reviewers),
        "trusted": sum(each.trusted for each in reviewers),
        "reciprocal": sum(each.rates_mutually and not each.trusted for each in reviewers),
        "net_usdc": sum((each.net for each in reviewers), Fraction(0)),
        "returned_usdc": sum((Fraction(each.returned) for each in reviewers), Fraction(0)),
        "weights": [int(weight) for _, _, weight, _ in by_stake],
        "weighted_voices": [int(weighted) for _, _, _, weighted in by_stake],
    }
