"""A client that openapi-python-client generates, without flags, and that talks to the service."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import factories
from tests.support.node import FOLDER

PROGRAM = FOLDER / "client.py"


@pytest.fixture(scope="module")
def generated(gunicorn, tmp_path_factory):
    """The folder of the client, and what the generator printed."""
    folder = tmp_path_factory.mktemp("python-client")
    programs = Path(sys.executable).parent
    done = subprocess.run(
        [programs / "openapi-python-client", "generate", "--url", f"{gunicorn.url}/openapi.json"],
        cwd=folder,
        # It formats the client with ruff.
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "kamiyo-api-client", done.stdout + done.stderr


def test_generator_warns_of_nothing(generated):
    folder, said = generated
    assert said.split() == ["Generating", *str(folder).split()]


def test_every_operation_is_generated_under_its_id(generated, client):
    folder, _ = generated
    functions = {path.stem for path in folder.glob("kamiyo_api_client/api/*/[a-z]*.py")}
    paths = client.get("/openapi.json").json["paths"].values()
    ids = {each["operationId"] for item in paths for each in item.values() if "operationId" in each}
    assert functions == ids


def test_choices_are_generated_with_readable_names(generated):
    folder, _ = generated
    models = folder / "kamiyo_api_client" / "models"
    for path in models.glob("*.py"):
        assert "VALUE_" not in path.read_text(), path.name
        assert not re.search(r"_type_[1-9]", path.stem), path.name


def test_client_talks_to_the_service(generated, server, key_for):
    folder, _ = generated
    key = key_for(None, "read", "write", "payments", "admin")["Authorization"].split()[1]
    done = subprocess.run(
        [sys.executable, "-W", "error", PROGRAM, server.url, key, factories.address()],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "registered Weather agent",
        "found 1 agent at level new",
        "the same feedback twice: 90.0",
        "statistics: 1 feedback",
        "unchanged: 304",
        "looked up: 1 None AGENT_NOT_FOUND CHAIN_NOT_SUPPORTED",
        "no such agent: 404 AGENT_NOT_FOUND",
        "revoked agent: revoked",
    ]
