"""The report of all findings, as text and as JSON."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import click

from kamiyo_api.doctor.findings import Check, Finding, Status

EXIT_CODES = {Status.OK: 0, Status.UNKNOWN: 0, Status.WARNING: 1, Status.FAILING: 2}
COLORS = {
    Status.OK: "green",
    Status.UNKNOWN: "blue",
    Status.WARNING: "yellow",
    Status.FAILING: "red",
}


@dataclass(frozen=True)
class Result:
    """A check and its finding."""

    check: Check
    finding: Finding

    def as_json(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        return {
            "name": self.check.name,
            "part": self.check.component,
            "status": str(self.finding.status),
            "figure": self.finding.figure,
            "why": self.check.why,
            "cure": self.finding.fix,
        }

    def lines(self, scrub: Callable[[str], str]) -> Iterator[str]:
        """Yield the result in lines of text."""
        status = self.finding.status
        shown = click.style(f"{status:<8}", fg=COLORS[status])
        yield f"{shown} {self.check.name}: {scrub(self.finding.figure)}"
        yield f"         {self.check.why}"
        if self.finding.fix:
            yield f"         $ {scrub(self.finding.fix)}"


@dataclass(frozen=True)
class Report:
    """The findings of all checks; `fixed` lists the fixes that were applied before."""

    results: Sequence[Result]
    fixed: Sequence[str] = ()
    checked_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    @property
    def status(self) -> Status:
        """Return the worst status that was found."""
        worst = max(EXIT_CODES[result.finding.status] for result in self.results)
        return (Status.OK, Status.WARNING, Status.FAILING)[worst]

    @property
    def exit_code(self) -> int:
        """Return 0 if everything is healthy, 1 if there is a warning, 2 if something fails."""
        return EXIT_CODES[self.status]

    def count(self, status: Status) -> int:
        """Return the number of checks with this status."""
        return sum(result.finding.status == status for result in self.results)

    def names(self, *statuses: Status) -> set[str]:
        """Return the names of the checks with one of these statuses."""
        return {result.check.name for result in self.results if result.finding.status in statuses}

    def as_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "status": str(self.status),
            "exit_code": self.exit_code,
            "checked_at": self.checked_at.isoformat(timespec="seconds"),
            "counts": {str(status): self.count(status) for status in Status},
            "fixed": list(self.fixed),
            "checks": [result.as_json() for result in self.results],
        }

    def left_out_lines(self) -> Iterator[str]:
        """Yield one line for each finding to fix before other checks can run."""
        names = defaultdict(list)
        for result in self.results:
            if result.finding.left_out_until:
                names[result.finding.left_out_until].append(result.check.name)
        shown = click.style(f"{Status.UNKNOWN:<8}", fg=COLORS[Status.UNKNOWN])
        for root, left_out in names.items():
            yield f"{shown} left out until {root} is fixed: {', '.join(left_out)}"

    def after(self, fixed: Sequence[str]) -> Report:
        """Return the same report with the fixes that were applied before it."""
        return replace(self, fixed=fixed)

    def as_text(self, scrub: Callable[[str], str]) -> str:
        """Return the report as text, with the worst findings last, next to the prompt."""
        ordered = sorted(self.results, key=lambda each: EXIT_CODES[each.finding.status])
        lines = [
            line
            for result in ordered
            if not result.finding.left_out_until
            for line in result.lines(scrub)
        ]
        lines[:0] = self.left_out_lines()
        lines += [f"fixed    {done}" for done in self.fixed]
        counts = ", ".join(
            f"{self.count(status)} {status}" for status in Status if self.count(status)
        )
        return "\n".join([*lines, "", counts])
