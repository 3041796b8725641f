"""Thousands of requests that the OpenAPI document suggests, against the running service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import factories

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.mark.parametrize("scopes", [["read"], ["read", "write", "payments", "admin"]], ids="+".join)
def test_every_answer_is_as_documented_and_none_is_an_error_of_ours(
    server, key_for, make_agent, give_feedback, refresh, tmp_path, scopes
):
    give_feedback(agent_uuid=make_agent()["agent_uuid"])
    refresh()
    key = key_for(factories.address(), *scopes)["Authorization"]
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", f"{server.url}/openapi.json"),
            *("--header", f"Authorization: {key}"),
            *("--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-examples", "15"),
            *("--no-color", "--no-shrink", "--warnings", "off"),
            "--generation-deterministic",
            *("--suppress-health-check", "all"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
