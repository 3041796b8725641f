"""The sentences of checks with their figures."""

from __future__ import annotations

import pytest

from kamiyo_api.trust.checks import Check


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0.220000", "0.22"), ("16.000000", "16.00"), ("0.000001", "0.000001"), ("1.230000", "1.23")],
)
def test_amounts_have_no_zeros_after_the_cents(value, shown):
    check = Check("FORGEABLE", "warn", True, value, value)
    assert check.text == (
        f"Forging this evidence would cost {shown} USDC; a cheat would gain {shown} USDC."
    )


def test_scores_and_words_are_unchanged():
    assert "below the 60.5 of" in Check("SCORE_BELOW_POLICY", "block", False, 41, 60.5).text
    assert (
        "is poor; your policy" in Check("LEVEL_BELOW_POLICY", "block", False, "poor", "fair").text
    )
