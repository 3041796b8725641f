"""The checks of a decision, each with a sentence about what was compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from kamiyo_api.schemas.decision_codes import CODES

# The sentences of checks with figures: failed and passed.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "NOT_ACTIVE": ("The agent is {value}.", "The agent is active."),
    "TRUSTED_OBJECT": (
        "The reviewers you trust rate it {value} on average, below {threshold}.",
        "The reviewers you trust do not object.",
    ),
    "POOR_AT_STAKE": (
        "At this stake the agent is poor, by its reviewers or by its payments.",
        "At this stake the agent is {value}, not poor.",
    ),
    "LEVEL_BELOW_POLICY": (
        "At this stake the agent is {value}; your policy requires {threshold}.",
        "At this stake the agent is {value}; your policy requires {threshold}.",
    ),
    "SCORE_BELOW_POLICY": (
        "The low of the score is {value}, below the {threshold} of your policy.",
        "The low of the score is {value}; your policy requires {threshold}.",
    ),
    "REVIEWERS_BELOW_POLICY": (
        "It has {value} effective reviewers, fewer than the {threshold} of your policy.",
        "It has {value} effective reviewers; your policy requires {threshold}.",
    ),
    "PAYING_BELOW_POLICY": (
        "{value} of its reviewers paid it, fewer than the {threshold} of your policy.",
        "{value} of its reviewers paid it; your policy requires {threshold}.",
    ),
    "TRUSTED_BELOW_POLICY": (
        "{value} of the reviewers you trust rated it; your policy requires {threshold}.",
        "{value} of the reviewers you trust rated it; your policy requires {threshold}.",
    ),
    "LOSS_ABOVE_POLICY": (
        "The expected loss is {value} USDC, above the {threshold} of your policy.",
        "The expected loss is {value} USDC; your policy accepts {threshold}.",
    ),
    "TOO_OLD_FOR_POLICY": (
        "A paying or trusted reviewer last rated it at {value}; your policy requires a rating "
        "within {threshold} days.",
        "A paying or trusted reviewer rated it at {value}, within {threshold} days.",
    ),
    "SOURCE_NOT_ACCEPTED": (
        "The record of the agent comes from {value}, which is not among your sources.",
        "The record of the agent comes from {value}, which is among your sources.",
    ),
    "NOT_PROVEN": (
        "At this stake the agent is {value}; your policy allows {threshold} or better.",
        "At this stake the agent is {value}; your policy allows {threshold} or better.",
    ),
    "FORGEABLE": (
        "Forging this evidence would cost {value} USDC, less than the {threshold} USDC that a "
        "cheat would gain.",
        "Forging this evidence would cost {value} USDC; a cheat would gain {threshold} USDC.",
    ),
    "STAKE_ABOVE_SCALE": (
        "{value} USDC is more than {threshold}, the highest stake at which evidence is weighed.",
        "{value} USDC is within the stakes at which evidence is weighed.",
    ),
    "TRUSTED_DIFFER": (
        CODES["TRUSTED_DIFFER"],
        "The reviewers you trust do not contradict the others.",
    ),
}


class Check(NamedTuple):
    """One check: its effect if it fails, and the values that it compared."""

    code: str
    effect: str
    passed: bool
    value: Any = None
    threshold: Any = None

    def as_answer(self) -> dict[str, Any]:
        """Return the check with its sentence."""
        return {**self._asdict(), "text": self.text}

    @property
    def text(self) -> str:
        """Return the sentence of the check."""
        if self.code not in SENTENCES:
            return f"Does not apply: {CODES[self.code]}" if self.passed else CODES[self.code]
        failed, passed = SENTENCES[self.code]
        if self.code == "TOO_OLD_FOR_POLICY" and self.value is None:
            return "No paying or trusted reviewer has rated it."
        value = "unknown" if self.value is None else in_cents(self.value)
        sentence = passed if self.passed else failed
        return sentence.format(value=value, threshold=in_cents(self.threshold))


def in_cents(value: Any) -> Any:
    """Return an amount of six decimals without zeros after the cents, and other values as is."""
    if not re.fullmatch(r"\d+\.\d{6}", str(value)):
        return value
    whole, decimals = str(value).split(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
