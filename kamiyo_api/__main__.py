"""The `flask` command of this package, from any folder: `python -m kamiyo_api doctor`."""

from __future__ import annotations

import click
from flask.cli import FlaskGroup

from kamiyo_api import __version__, create_app


@click.group(
    cls=FlaskGroup,
    create_app=create_app,
    add_version_option=False,
    help="Manage kamiyo-api. `COMMAND --help` shows the options of a command.",
)
@click.version_option(__version__, prog_name="kamiyo-api", message="%(prog)s %(version)s")
def main() -> None:
    """Run a command of the service."""


if __name__ == "__main__":
    main(prog_name="flask")
