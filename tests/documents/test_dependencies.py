"""Every package that is needed is explained, and pinned with hashes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support import ROOT
from tests.support.node import FOLDER

WANTED = (
    "requirements.in",
    "requirements-dev.in",
    "bench/requirements.in",
    "tests/openapi/requirements.in",
)
FOLDERS = (FOLDER, ROOT / "kamiyo_api" / "dev" / "npm")


def read(file: str, part: str) -> dict[str, Any]:
    """A part of the files of npm in all folders."""
    parts = [json.loads((folder / file).read_text())[part] for folder in FOLDERS]
    return {name: value for each in parts for name, value in each.items()}


PACKAGES = read("package.json", "dependencies")
LOCKED = read("package-lock.json", "packages")


@pytest.mark.parametrize("file", WANTED)
def test_every_requirement_earns_its_place(file):
    explained = (ROOT / "docs" / "dependencies.md").read_text()
    for name in re.findall(r"^(\w[\w-]*)", (ROOT / file).read_text(), re.MULTILINE):
        assert re.search(rf"(?<![\w-]){name}(?![\w-])", explained), name


@pytest.mark.parametrize("file", WANTED)
def test_every_requirement_is_pinned_with_hashes(file):
    pinned = (ROOT / file).with_suffix(".txt").read_text()
    packages = {
        block.split("==")[0].partition("[")[0]: block
        for block in re.split(r"^(?=[a-z])", pinned, flags=re.MULTILINE)[1:]
    }
    assert all("==" in each and "--hash=sha256:" in each for each in packages.values())
    asked = re.findall(r"^(\w[\w-]*)", (ROOT / file).read_text(), re.MULTILINE)
    assert {name.lower().replace("_", "-") for name in asked} <= set(packages)


@pytest.mark.parametrize("name", PACKAGES)
def test_package_of_npm_is_locked_at_the_version_that_is_named(name):
    assert LOCKED[f"node_modules/{name}"]["version"] == PACKAGES[name]


@pytest.mark.parametrize("name", PACKAGES)
def test_package_of_npm_earns_its_place(name):
    explained = (ROOT / "docs" / "dependencies.md").read_text().lower()
    words = {"@redocly/cli": "redocly", "@stoplight/spectral-cli": "spectral"}
    assert words.get(name, name.removeprefix("@foundry-rs/")) in explained


def test_every_package_of_npm_is_locked_with_a_hash_and_without_a_registry():
    installed = {path: package for path, package in LOCKED.items() if path}
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert not any("resolved" in package for package in installed.values())
