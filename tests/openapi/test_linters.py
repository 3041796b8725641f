"""The OpenAPI document passes the linters of Redocly and Spectral without a warning."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.support.node import FOLDER, node


@pytest.fixture
def folder(client, tmp_path):
    """A folder with the document and the settings of the linters."""
    for settings in ("redocly.yaml", ".redocly.lint-ignore.yaml", ".spectral.yaml"):
        shutil.copy(FOLDER / settings, tmp_path)
    (tmp_path / "openapi.json").write_bytes(client.get("/openapi.json").data)
    return tmp_path


def test_redocly_has_nothing_to_say(folder):
    said = node("redocly", "lint", "openapi.json", folder=folder)
    assert "Your API description is valid" in said
    assert "warning" not in said.lower()


def test_spectral_has_nothing_to_say(folder):
    said = node("spectral", "lint", "openapi.json", "--fail-severity=hint", folder=folder)
    assert "No results with a severity of 'hint' or higher found!" in said


def test_a_fault_is_seen(folder):
    document = folder / "openapi.json"
    path, item = next(iter(json.loads(document.read_text())["paths"].items()))
    del item["get"]["operationId"]
    document.write_text(json.dumps({"openapi": "3.1.0", "paths": {path: item}}))
    with pytest.raises(AssertionError, match="operation-operationId"):
        node("redocly", "lint", "openapi.json", folder=folder)
    with pytest.raises(AssertionError, match="operation-operationId"):
        node("spectral", "lint", "openapi.json", "--fail-severity=hint", folder=folder)
