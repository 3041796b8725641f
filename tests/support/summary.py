"""What tests measured and showed, at the end of the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

FIGURES, SYMPTOMS = "figures", "symptoms"
COLUMNS = ("symptom", "metric", "alert", "health", "doctor", "cure")

Record = Callable[[str, object], None]


@pytest.fixture
def figures(record_property: Record) -> Callable[..., None]:
    """Show figures of this test, named by keyword, whether it passes or not."""

    def show(**measured: Any) -> None:
        named = [f"{name.replace('_', ' ')} {value}" for name, value in measured.items()]
        record_property(FIGURES, ", ".join(named))

    return show


@pytest.fixture
def symptom(record_property: Record) -> Callable[..., None]:
    """Show a row of the table of symptoms, if the test passes: what was caused, what showed it
    and what cured it."""

    def show(name: str, **shown: str) -> None:
        cells = {"symptom": name, **shown}
        record_property(SYMPTOMS, row(cells[column].replace("|", "\\|") for column in COLUMNS))

    return show


def row(cells: Any) -> str:
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Write a section for each kind of record."""
    figures = [f"{test}: {text}" for test, text in recorded(terminalreporter, FIGURES)]
    section(terminalreporter, FIGURES, figures)
    rows = [text for _, text in recorded(terminalreporter, SYMPTOMS, "passed")]
    head = [row(COLUMNS), f"|{' --- |' * len(COLUMNS)}"]
    section(terminalreporter, SYMPTOMS, rows and [*head, *sorted(rows)])


def section(terminalreporter: Any, title: str, lines: list[str]) -> None:
    """Write a section, unless it is empty."""
    if lines:
        terminalreporter.section(title)
    for line in lines:
        terminalreporter.write_line(line)


def recorded(terminalreporter: Any, kind: str, *outcomes: str) -> list[tuple[str, str]]:
    """What tests with one of these outcomes, or with any, recorded; with the name of each."""
    return sorted(
        (report.nodeid.partition("::")[2], str(text))
        for report in reports(terminalreporter.stats, outcomes)
        for name, text in report.user_properties
        if name == kind
    )


def reports(stats: dict[str, list[Any]], outcomes: tuple[str, ...]) -> Iterator[Any]:
    """The reports of the calls of tests."""
    for outcome in outcomes or tuple(stats):
        for report in stats.get(outcome, []):
            if getattr(report, "when", None) == "call":
                yield report
