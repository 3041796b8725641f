"""What `flask --help` says of our commands: whole sentences, in lines that are not cut."""

from __future__ import annotations

import click
import pytest

from tests.support.documents import REFERENCE

# Of Flask and its extensions.
FOREIGN = {"limiter", "openapi", "routes", "run", "shell"}


def groups(group, path=()):
    """A group of commands and those in it, with their paths."""
    yield path, group
    for name, command in group.commands.items():
        if isinstance(command, click.Group) and name not in FOREIGN:
            yield from groups(command, (*path, name))


@pytest.fixture
def help_of(app):
    """What the help of a group says of each of its commands, on a terminal of 80 columns."""

    def show(path):
        text = app.test_cli_runner().invoke(args=[*path, "--help"], terminal_width=80).output
        listed = text[text.index("\nCommands:\n") :].splitlines()[2:]
        return dict(line.split(maxsplit=1) for line in listed)

    return show


def test_every_command_says_what_it_does_in_one_whole_line(app, help_of):
    found = dict(groups(app.cli))
    assert len(found) >= 4
    for path in found:
        for name, text in help_of(path).items():
            if name not in FOREIGN:
                assert text.endswith("."), (*path, name, text)
                assert not text.endswith("..."), (*path, name, text)


def test_every_command_is_in_the_table_of_the_reference(app):
    for path, group in groups(app.cli):
        for name in set(group.commands) - FOREIGN:
            words = f"flask {path[0]}" if path else f"flask {name}"
            assert f"`{words}" in REFERENCE, words
            assert name in REFERENCE
