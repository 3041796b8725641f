"""How a command fails: one line on stderr and exit code 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

from kamiyo_api import db, errors
from kamiyo_api.context import services


def one_line_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Let an error of ours end a command with one line on stderr and exit code 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with quiet():
                command(*args, **kwargs)
        except errors.ApiError as error:
            raise click.ClickException(explained(error)) from error
        except db.ConnectionLost as error:
            broke = "the connection to the database broke; nothing was kept, try again"
            raise click.ClickException(broke) from error

    return run


@contextmanager
def quiet() -> Iterator[None]:
    """Leave it to the command to say that PostgreSQL is away."""
    reach = services().db.reach
    reach.is_logged = False
    try:
        yield
    finally:
        reach.is_logged = True


def explained(error: errors.ApiError) -> str:
    """What an error means to who types commands."""
    if isinstance(error, errors.DatabaseUnavailable):
        cause = errors.first_cause(error)
        return f"the database does not answer ({cause}); check DATABASE_URL"
    return error.detail
