"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kamiyo_api.doctor.parts import Parts


class Status(StrEnum):
    """How something is; unknown where a check needs what is not there."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True)
class Finding:
    """What one check found: the figure that it judged by, and the command that cures it."""

    status: Status
    figure: str
    cure: str | None = None


def ok(figure: str) -> Finding:
    """All is well."""
    return Finding(Status.OK, figure)


def unknown(figure: str, cure: str | None = None) -> Finding:
    """There is nothing to judge by."""
    return Finding(Status.UNKNOWN, figure, cure)


def warning(figure: str, cure: str) -> Finding:
    """Something should be done, in time."""
    return Finding(Status.WARNING, figure, cure)


def failing(figure: str, cure: str) -> Finding:
    """Something must be done, now."""
    return Finding(Status.FAILING, figure, cure)


def graded(value: float, warn: float, fail: float, figure: str, cure: str) -> Finding:
    """A warning where the value is above the first limit, failing where above the second."""
    if value > fail:
        return failing(figure, cure)
    return warning(figure, cure) if value > warn else ok(figure)


class PartAway(Exception):
    """A part does not answer: what a check finds that needs it."""

    def __init__(self, status: Status, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.finding = Finding(status, reason, cure)


@dataclass(frozen=True)
class Check:
    """One question about one part: why it matters, and who answers it.

    A root asks whether its part is there at all; the others need that.
    """

    name: str
    part: str
    why: str
    find: Callable[[Parts], Finding]
    is_root: bool


def check(
    part: str, why: str, *, is_root: bool = False
) -> Callable[[Callable[[Parts], Finding]], Check]:
    """Make a check of the function, under its name."""

    def made(find: Callable[[Parts], Finding]) -> Check:
        return Check(find.__name__.replace("_", "-"), part, why, find, is_root)

    return made
