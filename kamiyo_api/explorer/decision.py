"""The decision about a payment: on the page of an agent, and for a pasted payment request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, request

from kamiyo_api import db, errors
from kamiyo_api.cache.answers import cached_agent
from kamiyo_api.explorer.addresses import without_empty
from kamiyo_api.explorer.pages import as_sent, page, rendered
from kamiyo_api.explorer.typed import ACCOUNT, GLOBAL_NAME, WALLET, uuid_in
from kamiyo_api.routes.decisions import question_or_error
from kamiyo_api.schemas.decision_codes import POLICIES
from kamiyo_api.schemas.decisions import DecisionQuery, DecisionToMake
from kamiyo_api.trust.decision_policies import policy_of
from kamiyo_api.trust.decisions import decide, place_of
from kamiyo_api.trust.questions import answer_questions

AMOUNT, POLICY = "1.00", "cautious"
QUERY, TO_MAKE = DecisionQuery(), DecisionToMake()
# The fields of the form besides the payee.
OF_FORM = ("amount_usdc", "policy")


@page("/agents/<uuid:agent_uuid>/verdict")
def show_verdict(agent_uuid: str) -> Response:
    """Show the decision alone; the script of the agent's page replaces the old one with it."""
    return rendered("verdict.html", **decision_on(agent_uuid))


def decision_on(agent_uuid: str) -> dict[str, Any]:
    """Return the decision about the payment in the query string, by default of one dollar. Raises
    AgentNotFound, InvalidInput."""
    asked = loaded(QUERY, {"amount_usdc": AMOUNT, "policy": POLICY} | given())
    body = cached_agent(
        "decision", agent_uuid, lambda: db.row("decisions.get_inputs", agent_uuid=agent_uuid)
    )
    inputs, amount = orjson.loads(body), asked["amount_usdc"]
    made = decide(inputs, amount, policy_of(asked["policy"]), place_of(inputs, amount))
    return {"decision": made, "amount": shown_amount(amount), "policy": asked["policy"]} | choices()


def given() -> dict[str, str]:
    """Return the amount and the policy in the query string."""
    return {name: request.args[name].strip() for name in OF_FORM if request.args.get(name)}


def choices() -> dict[str, Any]:
    """Return the choices of the form."""
    return {"policies": POLICIES}


def shown_amount(amount: Decimal) -> str:
    """Return an amount with at least two decimals."""
    text = f"{amount:f}".rstrip("0") if "." in f"{amount:f}" else f"{amount:f}."
    return text + "0" * (2 - len(text.partition(".")[2]))


def loaded(schema: ma.Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return valid arguments. Raises InvalidInput."""
    try:
        arguments: dict[str, Any] = schema.load(values)
    except ma.ValidationError as error:
        raise errors.InvalidInput(errors=error.messages_dict) from error
    return arguments


@page("/decide")
def decide_on_page() -> Any:
    """Show the decision about a pasted 402 response, URL or address."""
    return without_empty() or rendered("decide.html", **typed_decision())


def typed_decision() -> dict[str, Any]:
    """Return the form with the decision about its payee, if one is given. Raises InvalidInput,
    ChainNotSupported."""
    whom = request.args.get("whom", "").strip()
    form = {"whom": whom, "chain": request.args.get("chain", "base")} | given() | choices()
    if not whom:
        return {"form": form}
    item = loaded(TO_MAKE, payee_of(whom, form["chain"]) | given())
    question = question_or_error(item, set())
    if isinstance(question, errors.ApiError):
        raise question
    return {"form": form, "decision": as_sent(answer_questions([question])[0]), **choices()}


def payee_of(text: str, chain: str) -> dict[str, Any]:
    """Return the fields of the API that name the payee in a text. Raises MalformedJson."""
    if text.startswith("{"):
        try:
            return {"payment_requirements": orjson.loads(text)}
        except orjson.JSONDecodeError as error:
            raise errors.MalformedJson(f"The pasted text is not JSON: {error}") from error
    agent_uuid, account = uuid_in(text), ACCOUNT.fullmatch(text)
    if agent_uuid:
        return {"agent_uuid": agent_uuid, "amount_usdc": AMOUNT}
    if GLOBAL_NAME.fullmatch(text):
        return {"agent": text, "amount_usdc": AMOUNT}
    if account:
        return {"pay_to": account[2], "chain": account[1], "amount_usdc": AMOUNT}
    if WALLET.fullmatch(text):
        return {"pay_to": text, "chain": chain, "amount_usdc": AMOUNT}
    return {"url": text if re.match(r"[a-z]+:", text) else f"https://{text}", "amount_usdc": AMOUNT}
