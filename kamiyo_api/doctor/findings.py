"""The checks of the doctor, and their findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kamiyo_api.doctor.components import Components


class Status(StrEnum):
    """The status of a finding; unknown if something that the check needs is unavailable."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True)
class Finding:
    """The finding of one check: the figure behind it, and the command that fixes it."""

    status: Status
    figure: str
    fix: str | None = None
    left_out_until: str | None = None
    """The check to fix first, if this one could not run."""


def ok(figure: str) -> Finding:
    """Return the finding that everything is healthy."""
    return Finding(Status.OK, figure)


def unknown(figure: str, fix: str | None = None) -> Finding:
    """Return the finding that the result is unknown."""
    return Finding(Status.UNKNOWN, figure, fix)


def warning(figure: str, fix: str) -> Finding:
    """Return the finding that something should be fixed soon."""
    return Finding(Status.WARNING, figure, fix)


def failing(figure: str, fix: str) -> Finding:
    """Return the finding that something must be fixed now."""
    return Finding(Status.FAILING, figure, fix)


def graded(value: float, warn: float, fail: float, figure: str, fix: str) -> Finding:
    """Return failing if the value is above `fail`, a warning if it is above `warn`, else ok."""
    if value > fail:
        return failing(figure, fix)
    return warning(figure, fix) if value > warn else ok(figure)


class ComponentUnavailable(Exception):
    """A component does not answer; `root` is the check that reports it with `finding`."""

    def __init__(self, root: str, status: Status, reason: str, fix: str) -> None:
        super().__init__(reason)
        self.root = root
        self.finding = Finding(status, reason, fix)

    def left_out(self) -> Finding:
        """Return the finding of every other check that needs the component."""
        figure = f"not checked: {self.root}: {self}"
        return Finding(Status.UNKNOWN, figure, left_out_until=self.root)


@dataclass(frozen=True)
class Check:
    """One check of one component: why it matters, and the function that runs it.

    A root check tests whether its component is available, which the others need.
    """

    name: str
    component: str
    why: str
    find: Callable[[Components], Finding]
    is_root: bool


def check(
    component: str, why: str, *, is_root: bool = False
) -> Callable[[Callable[[Components], Finding]], Check]:
    """Turn a function into a check of the same name."""

    def decorate(find: Callable[[Components], Finding]) -> Check:
        return Check(find.__name__.replace("_", "-"), component, why, find, is_root)

    return decorate
