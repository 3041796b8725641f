"""What the tests of symptoms showed, as a table at the end of the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SHOWN = "symptom"
COLUMNS = ("symptom", "metric", "alert", "health", "doctor", "cure")


@pytest.fixture
def symptom(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Show a row of the table: what was caused, and what said so and cured it."""

    def show(name: str, **told: str) -> None:
        cells = {"symptom": name, **told}
        record_property(SHOWN, " | ".join(cells[name].replace("|", "\\|") for name in COLUMNS))

    return show


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the rows of the tests that passed."""
    shown = sorted(
        str(row)
        for report in terminalreporter.stats.get("passed", [])
        for name, row in report.user_properties
        if name == SHOWN and report.when == "call"
    )
    if shown:
        terminalreporter.section("symptoms")
        terminalreporter.write_line(f"| {' | '.join(COLUMNS)} |")
        terminalreporter.write_line(f"|{' --- |' * len(COLUMNS)}")
    for row in shown:
        terminalreporter.write_line(f"| {row} |")
