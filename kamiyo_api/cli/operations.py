"""The commands that check the service and collect data for support."""

from __future__ import annotations

import datetime as dt
import json
import sys

import click
from flask.cli import with_appcontext

from kamiyo_api import doctor
from kamiyo_api.cli.arguments import Duration
from kamiyo_api.cli.failures import quiet
from kamiyo_api.doctor import support_bundle
from kamiyo_api.doctor.commands import config
from kamiyo_api.observability.redaction import redacted_document, redactor

Url = click.option("--url", metavar="URL", help="The URL of the service.")


def address(url: str | None) -> str:
    """Return the URL of the service: the given one, else that of this machine."""
    return (url or f"http://127.0.0.1:{config().port}").rstrip("/")


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--fix", is_flag=True, help="Apply the fixes that are always safe, then check again.")
@click.option(
    "--long", type=Duration(), default="60s", show_default=True, help="Report longer transactions."
)
@Url
@with_appcontext
@quiet()
def examine(as_json: bool, fix: bool, long: dt.timedelta, url: str | None) -> None:
    """Check the service, its servers and its data. Print the problems and how to fix them.

    Exits with 0 if all is well, 1 if there is a warning, 2 if something fails.
    """
    report = doctor.examine(address(url), long.total_seconds())
    if fix:
        done = doctor.fix(report)
        report = doctor.examine(address(url), long.total_seconds()).after(done)
    scrub = redactor(config())
    if as_json:
        document = redacted_document(report.as_json(), scrub)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        click.echo(report.as_text(scrub))
    sys.exit(report.exit_code)


@click.command("support-bundle")
@click.option(
    "-o", "--output", metavar="FILE", help="The archive; by default a name with the time."
)
@click.option("--log", metavar="FILE", help="The application's log, if it is not in journald.")
@click.option("--postgres-log", metavar="FILE", help="PostgreSQL's log, if it is not found.")
@Url
@with_appcontext
@quiet()
def collect(output: str | None, log: str | None, postgres_log: str | None, url: str | None) -> None:
    """Collect diagnostic data for support. The archive has no secrets."""
    try:
        bundle = support_bundle.collect(address(url), log, postgres_log)
        path = support_bundle.write(bundle, output)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    for line in bundle.manifest():
        click.echo(line)
    click.echo(f"wrote {path}")
