"""The payment requirements of an HTTP 402 response (x402, versions 1 and 2), unchanged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas.fields import Address

MOST_ACCEPTED = 50
LONGEST_URL = 2048
SHAPE = (
    "Give the body of the 402 response, its `accepts`, or one item of it: with payTo, network and "
    "maxAmountRequired (version 1) or amount (version 2)."
)


class PaymentRequirements(fields.Field[Any]):
    """One way to pay, a list of them, or the whole 402 response with them in `accepts`. Other
    members are ignored, because the caller does not write them."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {
            "description": "The body of an HTTP 402 response (x402), its `accepts`, or one item of "
            "it, unchanged. The decision is about the first way to pay that this service supports.",
        }
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        accepts, resource = value, None
        if isinstance(value, Mapping) and "accepts" in value:
            accepts, resource = value["accepts"], value.get("resource")
        ways = accepts if isinstance(accepts, list) else [accepts]
        if not 1 <= len(ways) <= MOST_ACCEPTED:
            raise ma.ValidationError(f"Give 1 to {MOST_ACCEPTED} ways to pay.")
        found = [requirement_of(way, resource) for way in ways]
        understood = [way for way in found if way is not None]
        if not understood:
            raise ma.ValidationError(SHAPE)
        return understood


def requirement_of(way: Any, resource: Any) -> dict[str, Any] | None:
    """Return the payee, chain, token, amount and URL of one way to pay, or None if it is not on an
    EVM chain. Version 2 has the URL next to `accepts`."""
    if not isinstance(way, Mapping):
        return None
    pay_to, network = way.get("payTo"), way.get("network")
    if not isinstance(pay_to, str) or not re.fullmatch(Address.PATTERN[1:-1], pay_to):
        return None
    if not isinstance(network, str) or not 1 <= len(network) <= 64 or "\0" in network:
        return None
    asset = way.get("asset")
    return {
        "pay_to": pay_to.lower(),
        "network": network,
        "asset": asset.lower() if isinstance(asset, str) and len(asset) == 42 else None,
        "units": units_of(way.get("maxAmountRequired", way.get("amount"))),
        "url": url_of(way.get("resource", resource)),
    }


def units_of(value: Any) -> int | None:
    """Return an amount in the smallest units of its asset, or None if it is not an integer."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**30 else ""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,30}", value, re.ASCII):
        return None
    return int(value)


def url_of(resource: Any) -> str | None:
    """Return the URL of a resource, which version 2 wraps in an object; None if there is none."""
    if isinstance(resource, Mapping):
        resource = resource.get("url")
    is_url = isinstance(resource, str) and 0 < len(resource) <= LONGEST_URL
    return resource if is_url and "\0" not in resource else None
