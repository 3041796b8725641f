"""The payment that an HTTP 402 response requests: its chain, its payee and its amount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from kamiyo_api import db, errors
from kamiyo_api.chains import find_chain, require_chain

# The USDC contracts, with six decimals. Any other token may call itself USDC.
USDC: Mapping[str, str] = {
    "ethereum": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
    "base": "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913",
    "base-sepolia": "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
    "polygon": "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359",
    "arbitrum": "0xaf88d065e77c8cc2239327c5edb3a432268e5831",
    "optimism": "0x0b2c639c533813f4aa9d7837caf62653d097ff85",
    "avalanche": "0xb97ef9ef8734c71904d8002f8b6bc66dd9c48a6e",
    "avalanche-fuji": "0x5425890298aed601595a70ab815c96711a31bc65",
}
MOST_USDC = Decimal(10) ** 14


class Payment(NamedTuple):
    """A payment that a 402 response requests."""

    chain: str
    pay_to: str
    url: str | None
    asset: str | None
    amount_usdc: Decimal | None

    def as_answer(self) -> dict[str, Any]:
        """Return the payment for the answer."""
        return {name: getattr(self, name) for name in ("chain", "pay_to", "url", "asset")}


def payment_of(ways: Sequence[Mapping[str, Any]], amount: Decimal | None) -> Payment:
    """Return the first payment on a known chain with a known amount, or with the amount that is
    given. Raises ChainNotSupported, InvalidInput."""
    payments = [payment for way in ways if (payment := payment_on_chain(way)) is not None]
    if not payments:
        raise_unknown_chain(ways)
    if amount is not None:
        return payments[0]._replace(amount_usdc=amount)
    valued = [payment for payment in payments if payment.amount_usdc is not None]
    if not valued:
        reason = "Give amount_usdc: the requested token is not a known USDC contract."
        raise errors.InvalidInput(errors={"amount_usdc": [reason]})
    return valued[0]


def payment_on_chain(way: Mapping[str, Any]) -> Payment | None:
    """Return the payment of one accepted way to pay, or None if its chain is unknown."""
    chain = find_chain(way["network"], db)
    if chain is None:
        return None
    is_usdc = way["asset"] is not None and USDC.get(chain.name) == way["asset"]
    amount = Decimal(way["units"]) / 10**6 if is_usdc and way["units"] is not None else None
    if amount is not None and amount >= MOST_USDC:
        amount = None
    return Payment(chain.name, way["pay_to"], way["url"], way["asset"], amount)


def raise_unknown_chain(ways: Sequence[Mapping[str, Any]]) -> None:
    """Raise ChainNotSupported for the first of the networks."""
    require_chain(ways[0]["network"], db)
