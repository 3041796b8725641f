"""The texts that pages show for codes of the API."""

from __future__ import annotations

from kamiyo_api.schemas.caveats import CAVEATS

CHAIN_MARKS = {
    "ethereum": "ET",
    "base": "BA",
    "polygon": "PO",
    "arbitrum": "AR",
    "optimism": "OP",
    "bsc": "BN",
    "avalanche": "AV",
    "gnosis": "GN",
    "celo": "CE",
    "linea": "LI",
    "scroll": "SC",
    "sepolia": "et",
    "base-sepolia": "ba",
}
# With one of these caveats, pages show no score, as it would be a guess.
UNKNOWN = {
    "NO_REVIEWS": "nobody has rated it yet",
    "UNPAID_ONLY": "no paying reviewer yet",
}


def caveat(code: str) -> str:
    """Return the sentence of a code."""
    return CAVEATS.get(code, code)


def why_unknown(caveats: list[str]) -> str | None:
    """Return why pages show no score for an agent, or None if they show one."""
    return next((UNKNOWN[code] for code in caveats if code in UNKNOWN), None)
