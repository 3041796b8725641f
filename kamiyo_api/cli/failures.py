"""Failures of commands: one line on stderr and exit code 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from kamiyo_api import db, errors, outages
from kamiyo_api.context import services


def one_line_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command exit with one line on stderr and code 1 if it raises one of our errors."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with quiet():
                command(*args, **kwargs)
        except errors.ApiError as error:
            raise click.ClickException(explanation(error)) from error
        except db.ConnectionLost as error:
            message = "the connection to the database broke; nothing was kept, try again"
            raise click.ClickException(message) from error

    return run


@contextmanager
def quiet() -> Iterator[None]:
    """Do not log that PostgreSQL is unavailable, because the command itself reports it."""
    reach = services().db.reach
    reach.is_logged = False
    try:
        yield
    finally:
        reach.is_logged = True


def explanation(error: errors.ApiError) -> str:
    """Return the explanation of an error for an operator."""
    if isinstance(error, outages.DatabaseUnavailable):
        cause = outages.first_cause(error)
        return f"the database does not answer ({cause}); check DATABASE_URL"
    return error.detail
