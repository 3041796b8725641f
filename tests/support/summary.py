"""Figures that tests measured, shown at the end of the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SHOWN = "figures"


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Show figures of this test, named by keyword, under the summary of the session."""

    def show(**measured: Any) -> None:
        told = [f"{name.replace('_', ' ')} {value}" for name, value in measured.items()]
        record_property(SHOWN, ", ".join(told))

    return show


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the figures of every test, passed or not."""
    reports = [report for each in terminalreporter.stats.values() for report in each]
    shown = sorted(
        (report.nodeid.partition("::")[2], text)
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, text in report.user_properties
        if name == SHOWN
    )
    if shown:
        terminalreporter.section("figures")
    for test, text in shown:
        terminalreporter.write_line(f"{test}: {text}")
