"""The requests for decisions: the payee, the amount and the policy."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from kamiyo_api.schemas import bounded, names, uris
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.agents import TRUST_LEVELS
from kamiyo_api.schemas.choices import Choice, word_of
from kamiyo_api.schemas.decision_codes import DECISIONS, POLICIES, WARNABLE
from kamiyo_api.schemas.lookup import Item
from kamiyo_api.schemas.on_chain import SOURCES
from kamiyo_api.schemas.payment_requirements import PaymentRequirements

MAX_ITEMS = 100
MOST_TRUSTED = 100
MOST_REVIEWERS = 10**9
WAYS = (
    "Give one of agent_uuid, chain and agent_id, agent, pay_to, url, or payment_requirements; "
    "pay_to may have a url, too."
)


def count(about: str, most: int = MOST_REVIEWERS) -> fields.Integer:
    """Return the field of a number in a policy."""
    return fields.Integer(
        strict=True,
        load_default=None,
        validate=validate.Range(min=0, max=most),
        metadata={"description": about},
    )


def amount(about: str, digits: int = 14, **options: Any) -> own.Amount:
    """Return the field of an exact number in a policy, or of an amount."""
    options.setdefault("load_default", None)
    return own.Amount(digits=digits, places=6, metadata={"description": about}, **options)


def some_of(meanings: dict[str, str], about: str) -> bounded.List:
    """Return the field of a list of words."""
    return bounded.List(
        Choice(meanings),
        max_length=len(meanings),
        load_default=None,
        metadata={"description": about},
    )


class PolicyMembers(bounded.Schema):
    """A policy of the caller: the cautious one, changed by these fields."""

    allow_from = Choice(
        TRUST_LEVELS,
        about="The lowest level without a warning; good by default.",
        load_default=None,
    )
    min_level = Choice(
        TRUST_LEVELS,
        about="The lowest level that is not blocked.",
        load_default=None,
    )
    min_score_low = amount("The minimum for the low of the score, 0 to 100.", digits=3)
    min_effective_reviewers = amount("The minimum of effective reviewers.", digits=9)
    min_paying_reviewers = count("The minimum of reviewers who paid the agent.")
    min_trusted_reviewers = count("The minimum of `trusted_reviewers` who rated it.", MOST_TRUSTED)
    max_expected_loss_usdc = amount("The highest expected loss.")
    max_age_days = count("The maximum age of the last paying or trusted rating.", 36_500)
    trusted_reviewers = bounded.List(
        own.Address(),
        max_length=MOST_TRUSTED,
        load_default=None,
        metadata={"description": "Reviewers who count in full, paid or not."},
    )
    trusted_only = fields.Boolean(
        truthy={True},
        falsy={False},
        load_default=None,
        metadata={"description": "Whether only `trusted_reviewers` count."},
    )
    complaint_rate = own.Amount(
        digits=1,
        places=6,
        load_default=None,
        metadata={"description": "The share of victims who would complain, above 0; 1 for all."},
    )
    ignore = some_of(WARNABLE, "Codes that do not warn.")
    warn_on = some_of(WARNABLE, "Additional codes that warn.")
    unknown = Choice(  # type: ignore[assignment]
        DECISIONS, about="The decision about an unknown agent.", load_default=None
    )
    sources = some_of(SOURCES, "The accepted sources of the agent's record; all by default.")

    @ma.validates("complaint_rate")
    def _share(self, value: Decimal | None, **_: Any) -> None:
        if value is not None and not 0 < value <= 1:
            raise ma.ValidationError("Give a share above 0 and at most 1.")

    @ma.validates("min_score_low")
    def _of_the_scale(self, value: Decimal | None, **_: Any) -> None:
        if value is not None and value > 100:
            raise ma.ValidationError("Give a score from 0 to 100.")


class Policy(fields.Field[Any]):
    """A policy: a name, or an object with the fields to change."""

    MEMBERS = PolicyMembers()

    def __init__(self, **kwargs: Any) -> None:
        listed = "\n".join(f"- `{name}`: {meaning}" for name, meaning in POLICIES.items())
        super().__init__(
            metadata={"description": f"A name, or an object.\n\n{listed}"},
            **kwargs,
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            name = word_of(value, POLICIES)
            if name not in POLICIES:
                raise ma.ValidationError(f"Give one of {', '.join(POLICIES)}, or an object.")
            return name
        if not isinstance(value, dict):
            raise ma.ValidationError(f"Give one of {', '.join(POLICIES)}, or an object.")
        return self.MEMBERS.load(value)


class DecisionQuery(bounded.Schema):
    """The amount of a payment to an agent, and the name of a policy."""

    amount_usdc = amount("The amount to pay, in USDC.", required=True, load_default=ma.missing)
    policy = Choice(POLICIES, load_default="cautious")


class DecisionToMake(bounded.Schema):
    """A payment to decide about: the payee, the amount and the policy."""

    agent_uuid = own.Identifier(load_default=None)
    chain = names.ChainName(load_default=None)
    registry_address = own.Address(load_default=None)
    agent_id = own.BigInteger(low=0, high=10**78 - 1, load_default=None)
    agent = names.AgentName(load_default=None)
    pay_to = own.Address(load_default=None)
    url = uris.Uri(min_length=1, load_default=None)
    payment_requirements = PaymentRequirements(load_default=None)
    amount_usdc = amount("The amount to pay; by default that of payment_requirements.")
    policy = Policy(load_default="cautious")

    @ma.validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        has = {name for name, value in data.items() if value is not None}
        by_token = "agent_id" in has
        ways = has & {"agent_uuid", "agent", "pay_to", "payment_requirements"}
        if len(ways) + by_token + (not ways and not by_token and "url" in has) != 1:
            raise ma.ValidationError(WAYS)
        if "url" in has and (by_token or ways & {"agent_uuid", "agent"}):
            raise ma.ValidationError(WAYS)
        if ("chain" in has) != (by_token or "pay_to" in has):
            raise ma.ValidationError("agent_id and pay_to need it, nothing else.", "chain")
        if "registry_address" in has and not by_token:
            raise ma.ValidationError("Only chain and agent_id need it.", "registry_address")
        if "amount_usdc" not in has and "payment_requirements" not in has:
            raise ma.ValidationError("Give the amount to pay.", "amount_usdc")

    @ma.post_load
    def _parts_of_agent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return names.with_parts_of_agent(data)


class DecisionsToMake(bounded.Schema):
    """Up to a hundred payments to decide about."""

    decisions = bounded.List(
        Item(DecisionToMake), max_length=MAX_ITEMS, required=True, metadata={"minItems": 1}
    )

    @ma.validates("decisions")
    def _at_least_one(self, decisions: list[Any], **_: Any) -> None:
        if not decisions:
            raise ma.ValidationError(f"Give 1 to {MAX_ITEMS} decisions.")
