"""The arguments of the commands: durations, addresses, files."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import click

DURATION = re.compile(r"(\d{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class Duration(click.ParamType[Any]):
    """A whole number with a unit, such as 90d, 24h, 30m or 45s."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.timedelta:
        match = DURATION.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is not a duration such as 90d, 24h or 30m", param, ctx)
        return dt.timedelta(**{UNITS[match[2]]: int(match[1])})


class Wallet(click.ParamType[str]):
    """An address, in upper or lower case, converted to lower case."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"0x[0-9a-fA-F]{40}", str(value)):
            self.fail(f"{value!r} is not an address (0x and 40 hex digits)", param, ctx)
        return str(value).lower()


class Blocks(click.ParamType[Any]):
    """A block, or the first and the last of several: 4100 or 4100-4102."""

    name = "blocks"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        match = re.fullmatch(r"(\d{1,18})(?:-(\d{1,18}))?", str(value))
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            self.fail(f"{value!r} is no block and no range such as 4100-4102", param, ctx)
        return first, last


@contextmanager
def open_file(path: str, mode: str) -> Iterator[BinaryIO]:
    """Open a file, or stdin or stdout for -. Raises ClickException."""
    if path == "-":
        yield (sys.stdin if mode == "rb" else sys.stdout).buffer
        return
    try:
        file = open(path, mode)  # noqa: SIM115
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
    with file:
        yield cast(BinaryIO, file)
