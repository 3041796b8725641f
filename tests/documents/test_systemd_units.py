"""What stands in ops/systemd/: units that systemd takes, and an example of the settings."""

from __future__ import annotations

import configparser
import re
import subprocess

import pytest

from bench.serving import ROOT
from tests.support.programs import needed

OPS = ROOT / "ops"
UNITS = ("kamiyo-api", "kamiyo-api-refresh", "kamiyo-api-indexer", "kamiyo-api-resolver")
PROCESSES = {
    "kamiyo-api-refresh": "clock",
    "kamiyo-api-indexer": "indexer",
    "kamiyo-api-resolver": "resolver",
}


@pytest.fixture
def installed(tmp_path):
    """The units as systemd would find them, with programs where they name them."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("flask", "gunicorn"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    for name in UNITS:
        text = (OPS / "systemd" / f"{name}.service").read_text()
        (tmp_path / f"{name}.service").write_text(text.replace("/opt/kamiyo-api", str(tmp_path)))
    return tmp_path


def test_systemd_takes_the_units(installed):
    analyze = needed("systemd-analyze")
    units = [installed / f"{name}.service" for name in UNITS]
    done = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for unit in units:
        verdict = [analyze, "security", "--offline=true", "--threshold=20", "--no-pager", unit]
        subprocess.run(verdict, capture_output=True, check=True)


@pytest.mark.parametrize("name", UNITS)
def test_unit_has_its_sections_and_no_word_outside(name):
    parser = configparser.RawConfigParser(strict=False)
    parser.read(OPS / "systemd" / f"{name}.service")
    assert parser.sections() == ["Unit", "Service", "Install"]


@pytest.mark.parametrize("name", UNITS)
def test_unit_runs_what_the_procfile_names(name):
    procfile = (ROOT / "Procfile").read_text().splitlines()
    run = {
        kind: [f"/opt/kamiyo-api/.venv/bin/{command}"]
        for kind, command in (line.split(": ", 1) for line in procfile)
    }
    if name == "kamiyo-api":
        assert (values(name, "ExecStartPre"), values(name, "ExecStart")) == (
            run["release"],
            run["web"],
        )
    else:
        assert values(name, "ExecStart") == run[PROCESSES[name]]
    assert values(name, "StandardError") == ["journal"]
    assert values(name, "EnvironmentFile") == ["/etc/kamiyo-api/environment"]
    assert values(name, "NoNewPrivileges") == ["yes"]


def values(name, key):
    """What a unit says of a key, each time that it stands there."""
    lines = (OPS / "systemd" / f"{name}.service").read_text().splitlines()
    return [line.removeprefix(f"{key}=") for line in lines if line.startswith(f"{key}=")]


def test_example_of_the_settings_names_settings_that_exist():
    text = (OPS / "systemd" / "environment.example").read_text()
    names = set(re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE))
    sources = (ROOT / "kamiyo_api" / "config.py").read_text() + (
        ROOT / "gunicorn.conf.py"
    ).read_text()
    assert {"DATABASE_URL", "REDIS_URL"} <= names
    assert [name for name in names if f'"{name.removesuffix("BASE")}"' not in sources] == []
