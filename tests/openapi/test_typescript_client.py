"""A client whose types openapi-typescript generates, without flags, and that talks to the service
by openapi-fetch."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.support import factories
from tests.support.node import FOLDER, MODULES, NODE, node
from tests.support.programs import needed_file


@pytest.fixture(scope="module")
def generated(gunicorn, tmp_path_factory):
    """The folder of the client, compiled, and what the generator printed."""
    folder = tmp_path_factory.mktemp("typescript-client")
    document = f"{gunicorn.url}/openapi.json"
    said = node("openapi-typescript", document, "--output", "schema.d.ts", folder=folder)
    (folder / "node_modules").symlink_to(MODULES)
    for file in ("client.ts", "tsconfig.json"):
        shutil.copy(FOLDER / file, folder)
    node("tsc", folder=folder)
    # By its name, node knows the module as one.
    (folder / "client.js").rename(folder / "client.mjs")
    return folder, said


def test_generator_warns_of_nothing(generated):
    _, said = generated
    assert re.findall(r"→ (?:.*/)?schema\.d\.ts", said)
    assert not re.search(r"warn|error|✘", said, re.IGNORECASE)


def test_every_operation_is_generated_under_its_id(generated, client):
    folder, _ = generated
    _, operations = (folder / "schema.d.ts").read_text().split("export interface operations {")
    functions = set(re.findall(r"^    (\w+): \{$", operations, re.MULTILINE))
    paths = client.get("/openapi.json").json["paths"].values()
    ids = {each["operationId"] for item in paths for each in item.values() if "operationId" in each}
    assert functions == ids


def test_client_talks_to_the_service(generated, server, key_for):
    folder, _ = generated
    key = key_for(None, "read", "write", "payments", "admin")["Authorization"].split()[1]
    done = subprocess.run(
        [needed_file(NODE), "client.mjs", server.url, key, factories.address()],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "registered Weather agent",
        "found 1 agent at level new",
        "the same feedback twice: true",
        "statistics: 1 feedback",
        "unchanged: 304",
        "looked up: 1 None AGENT_NOT_FOUND CHAIN_NOT_SUPPORTED",
        "no such agent: 404 AGENT_NOT_FOUND",
        "revoked agent: revoked",
    ]


def test_compiler_sees_what_the_service_would_refuse(generated):
    folder, _ = generated
    program = (folder / "client.ts").read_text()
    for right, wrong in {
        'sort: "-registered_at"': 'sort: "newest"',
        "score: 90": "score: true",
        'status: "revoked"': 'status: "dead"',
        '"AGENT_NOT_FOUND" ?': '"AGENT_LOST" ?',
    }.items():
        assert right in program
        program = program.replace(right, wrong)
    (folder / "client.ts").write_text(program)
    with pytest.raises(AssertionError) as refused:
        node("tsc", "--noEmit", folder=folder)
    assert str(refused.value).count("error TS") == 4
