"""`flask support-bundle`: diagnostic data for support in one archive, without secrets."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import platform
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import TimeoutError as TooLate
from dataclasses import asdict, dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import redis

from kamiyo_api import db, doctor, errors, outages
from kamiyo_api.config import VERSION, Config
from kamiyo_api.context import services
from kamiyo_api.doctor.commands import config
from kamiyo_api.doctor.scrape import scrape_metrics
from kamiyo_api.doctor.wording import size, without_literals
from kamiyo_api.health.background import run_in_background
from kamiyo_api.observability.redaction import redacted_document, redactor
from kamiyo_api.redis.client import NoRedis

LINES = 1000
MAX_TAIL_BYTES = 4 * 1024 * 1024
TIMEOUT_SECONDS = 15
JOURNAL = ("journalctl", "-u", "kamiyo-api", "-n", str(LINES), "--no-pager")
DEBIAN_LOGS = Path("/var/log/postgresql")


class Missing(Exception):
    """Something cannot be collected; the message is one line with the reason."""


@dataclass(frozen=True)
class Entry:
    """One file of the archive: its text, or why it is missing."""

    name: str
    what: str
    text: str
    missing: str = ""

    def line(self) -> str:
        """Return the line about this file for the operator."""
        state = f"missing: {self.missing}" if self.missing else size(len(self.text.encode()))
        return f"{self.name:<26} {self.what} ({state})"


@dataclass(frozen=True)
class Bundle:
    """The collected files."""

    entries: Sequence[Entry]

    def manifest(self) -> list[str]:
        """Return one line per file."""
        return [entry.line() for entry in self.entries]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and content of each file."""
        yield "manifest.txt", "\n".join([*self.manifest(), ""]).encode()
        for entry in self.entries:
            if not entry.missing:
                yield entry.name, entry.text.encode()


def collect(url: str, log: str | None, postgres_log: str | None) -> Bundle:
    """Collect all available files, each within a time limit."""
    scrub = redactor(config())
    wanted: Sequence[tuple[str, str, Callable[[], str | list[Any] | dict[str, Any]]]] = (
        ("application.log", "the application's log", lambda: application_log(log)),
        ("postgresql.log", "PostgreSQL's log", lambda: postgres_tail(postgres_log)),
        ("redis-info.txt", "Redis INFO all", redis_info),
        ("metrics.txt", "a snapshot of the metrics", lambda: metrics(url)),
        ("doctor.json", "the report of the doctor", lambda: doctor.examine(url).as_json()),
        ("settings.json", "the service's settings", lambda: settings(config())),
        ("versions.json", "versions of Python and its packages", versions),
        ("postgresql-settings.json", "PostgreSQL's version and settings", postgres_settings),
        ("migrations.json", "migrations that ran", lambda: db.rows("support.list_migrations")),
        ("tables.json", "sizes of the tables", lambda: db.rows("support.list_tables")),
        ("sessions.json", "PostgreSQL's sessions", sessions),
    )
    return Bundle([entry(name, what, get, scrub) for name, what, get in wanted])


def entry(name: str, what: str, get: Callable[[], Any], scrub: Callable[[str], str]) -> Entry:
    """Collect one file; the entry has the reason if that fails."""
    try:
        content = run_in_background(f"support {name}", get).result(TIMEOUT_SECONDS)
    except TooLate:
        return Entry(name, what, "", f"no answer within {TIMEOUT_SECONDS} s")
    except Missing as error:
        return Entry(name, what, "", scrub(str(error)))
    except errors.ApiError as error:
        return Entry(
            name, what, "", scrub(f"the database does not answer ({outages.first_cause(error)})")
        )
    except Exception as error:
        reason = next(iter(str(error).splitlines()), "")
        return Entry(name, what, "", scrub(f"{type(error).__name__}: {reason}"))
    if not isinstance(content, str):
        return Entry(
            name, what, json.dumps(redacted_document(content, scrub), indent=2, default=str) + "\n"
        )
    return Entry(name, what, scrub(content))


def application_log(path: str | None) -> str:
    """Return the end of the given file, else of the journal. Raises Missing."""
    if path:
        return tail(Path(path))
    try:
        done = subprocess.run(JOURNAL, capture_output=True, text=True, timeout=10, check=False)
    except OSError as error:
        raise Missing("there is no journalctl here; name the log with --log FILE") from error
    if done.returncode or done.stdout.strip() in ("", "-- No entries --"):
        raise Missing("the journal has nothing of kamiyo-api; name the log with --log FILE")
    return done.stdout


def postgres_tail(path: str | None) -> str:
    """Return the end of the given file, else of the newest log of PostgreSQL. Raises Missing."""
    if path:
        return tail(Path(path))
    for folder in log_folders():
        logs = readable_logs(folder)
        if logs:
            newest = max(logs, key=lambda log: log.stat().st_mtime)
            return f"{newest}\n{tail(newest)}"
    raise Missing("no log can be read on this machine; name it with --postgres-log FILE")


def log_folders() -> Iterator[Path]:
    """Yield the folders in which PostgreSQL may write its log, the likeliest first."""
    try:
        folders = db.rows("support.get_log_place")[0]
    except errors.ApiError:
        folders = {"data_directory": None, "log_directory": None}
    if folders["data_directory"]:
        yield Path(folders["data_directory"]) / (folders["log_directory"] or "log")
        yield Path(folders["data_directory"])
    yield DEBIAN_LOGS


def readable_logs(folder: Path) -> list[Path]:
    """Return the logs of a folder; none if it is not readable."""
    try:
        return [path for path in folder.glob("*.log") if os.access(path, os.R_OK)]
    except OSError:
        return []


def tail(path: Path) -> str:
    """Return the last lines of a file. Raises Missing."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - MAX_TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines(keepends=True)
    except OSError as error:
        raise Missing(f"{path}: {error.strerror}") from error
    return "".join(lines[-LINES:])


def redis_info() -> str:
    """Return the complete INFO. Raises Missing."""
    client = services().redis
    if isinstance(client, NoRedis):
        raise Missing("REDIS_URL is not set")
    try:
        info: dict[str, Any] = client.connection.info("all")
    except redis.RedisError as error:
        raise Missing(f"Redis does not answer ({error})") from error
    return "".join(f"{name}:{info_text(value)}\n" for name, value in info.items())


def info_text(value: Any) -> str:
    """Return a value of INFO in the format of Redis."""
    if isinstance(value, dict):
        return ",".join(f"{name}={each}" for name, each in value.items())
    return str(value)


def metrics(url: str) -> str:
    """Return the metrics of the running service. Raises Missing."""
    try:
        found, refusal = scrape_metrics(url, config().metrics_token)
    except (OSError, ValueError) as error:
        raise Missing(f"no service at {url} ({error}); name it with --url") from error
    if found is None:
        raise Missing(f"/metrics refused {refusal}; set METRICS_TOKEN")
    return found.text


def settings(current: Config) -> dict[str, Any]:
    """Return the settings; for a secret only whether it is set."""
    values = asdict(current)
    values["tiers"] = {name: tier._asdict() for name, tier in current.tiers.items()}
    for name in ("metrics_token", "sentry_dsn", "cursor_keys"):
        values[name] = "set" if values[name] else "not set"
    return values


def versions() -> dict[str, Any]:
    """Return the versions of Python and of its packages."""
    packages = {each.metadata["Name"]: each.version for each in distributions()}
    return {
        "kamiyo-api": VERSION,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items(), key=lambda each: each[0].lower())),
    }


def postgres_settings() -> dict[str, Any]:
    """Return the version and the settings of PostgreSQL."""
    version = db.rows("doctor.get_server")[0]["version"]
    return {"version": version, "settings": db.rows("support.list_settings")}


def sessions() -> list[dict[str, Any]]:
    """Return all sessions with their statements, without literals."""
    return [
        {**row, "query": without_literals(row["query"] or "")}
        for row in db.rows("support.list_sessions")
    ]


def write(bundle: Bundle, output: str | None) -> Path:
    """Write the archive, readable by its owner only. Raises OSError, also if it exists."""
    now = dt.datetime.now(dt.UTC)
    name = f"kamiyo-support-{now:%Y%m%dT%H%M%SZ}"
    path = Path(output or f"{name}.tar.gz")
    archive = pack(bundle, name, int(now.timestamp()))
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(archive)
    return path.absolute()


def pack(bundle: Bundle, folder: str, moment: int) -> bytes:
    """Return the files of a bundle as a tar.gz with one folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in bundle.files():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size, info.mtime, info.mode = len(content), moment, 0o600
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
