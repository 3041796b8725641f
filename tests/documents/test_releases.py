"""The version, the changelog, and the files for platforms: they agree with each other."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys

import pytest

import kamiyo_api
from kamiyo_api.config import Config
from tests.support import ROOT
from tests.support.documents import settings

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
APP = json.loads((ROOT / "app.json").read_text())
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def versions():
    """The versions of the changelog, as they stand there."""
    return re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)


def test_newest_version_of_the_changelog_is_that_of_the_service(client):
    assert versions()[0] == kamiyo_api.__version__
    assert client.get("/openapi.json").json["info"]["version"] == kamiyo_api.__version__
    numbers = [tuple(map(int, version.split("."))) for version in versions()]
    assert numbers == sorted(set(numbers), reverse=True)


def test_versions_after_the_first_say_what_an_upgrade_needs():
    for part in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:-1]:
        assert re.findall(r"^### (.+)$", part, re.MULTILINE) == [
            "For clients",
            "For operators",
            "Upgrade notes",
        ]


@pytest.fixture
def flask(tmp_path):
    """Run the installed `flask` from a folder in which there is no service."""
    bin_dir = tmp_path / "clone" / ".venv" / "bin"
    bin_dir.mkdir(parents=True)
    for name in ("kamiyo_api", "sql", "ops"):
        (tmp_path / "clone" / name).symlink_to(ROOT / name)
    # A link to a link would lead out of the venv.
    (bin_dir / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (bin_dir / "python").chmod(0o755)
    (makes,) = re.findall(r"^\t@(ln -sf .*flask)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    subprocess.run(shlex.split(makes), cwd=tmp_path / "clone", check=True)

    def run(*words, **environment):
        return subprocess.run(
            [bin_dir / "flask", *words],
            cwd="/",
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
        )

    return run


def test_flask_shows_the_version_of_the_service(flask):
    done = flask("--version")
    assert (done.returncode, done.stdout) == (0, f"kamiyo-api {kamiyo_api.__version__}\n")


def test_flask_works_outside_the_clone(flask, servers, session_app):
    done = flask("migrate", DATABASE_URL=servers.database_url)
    assert (done.returncode, done.stdout) == (0, "the database is up to date\n")


def test_flask_outside_the_clone_without_settings_says_what_to_do(flask):
    done = flask("doctor")
    assert done.returncode == 1
    assert re.fullmatch(
        "kamiyo-api: DATABASE_URL is not set; .*`make run`.*environment; set [+]a\n", done.stderr
    )


def test_app_json_sets_settings_that_exist_to_values_that_are_taken(monkeypatch):
    assert set(APP["env"]) <= set(settings())
    monkeypatch.setenv("DATABASE_URL", "postgres://of.the.addon/kamiyo")
    monkeypatch.setenv("REDIS_URL", "rediss://of.the.addon:6380")
    for name, described in APP["env"].items():
        assert described["description"].endswith(".")
        if described.get("generator") == "secret":
            monkeypatch.setenv(name, "5" * 64)
        elif "value" in described:
            monkeypatch.setenv(name, described["value"])
        else:
            assert described["required"] is False, name
    assert Config.from_environment().trusted_proxies == 1


def test_addons_give_the_two_urls():
    assert {f"{addon['as']}_URL" for addon in APP["addons"]} == {"DATABASE_URL", "REDIS_URL"}


def test_formation_runs_the_processes_of_the_procfile():
    assert set(APP["formation"]) == set(PROCFILE) - {"release"}


def test_postdeploy_creates_a_key(app, client):
    words = shlex.split(APP["scripts"]["postdeploy"])
    assert words[0] == "flask"
    done = app.test_cli_runner().invoke(args=words[1:])
    assert done.exit_code == 0, done.output
    headers = {"Authorization": f"Bearer {done.stdout.strip()}"}
    assert client.get("/api/v1/key", headers=headers).json["name"] == "first"


def test_python_version_is_one_that_the_service_needs():
    wanted = (ROOT / ".python-version").read_text().strip()
    pinned = re.findall(r"--python-version (\S+)", (ROOT / "Makefile").read_text())
    assert pinned == [wanted]
