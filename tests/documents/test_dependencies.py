"""Every package that is needed is explained, and pinned with hashes."""

from __future__ import annotations

import json
import re

import pytest

from tests.support import ROOT

WANTED = (
    "requirements.in",
    "requirements-dev.in",
    "bench/requirements.in",
    "tests/openapi/requirements.in",
)
FOLDERS = ("tests/openapi", "tests/explorer", "kamiyo_api/dev/npm")
# Each package of npm that is needed, with its folder.
PACKAGES = {
    name: (folder, version)
    for folder in FOLDERS
    for name, version in json.loads((ROOT / folder / "package.json").read_text())[
        "dependencies"
    ].items()
}


def locked(folder):
    """What is installed into a folder, by the places."""
    return json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]


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
    folder, version = PACKAGES[name]
    assert locked(folder)[f"node_modules/{name}"]["version"] == version


@pytest.mark.parametrize("name", PACKAGES)
def test_package_of_npm_earns_its_place(name):
    explained = (ROOT / "docs" / "dependencies.md").read_text().lower()
    words = {"@redocly/cli": "redocly", "@stoplight/spectral-cli": "spectral"}
    assert words.get(name, name.removeprefix("@foundry-rs/")) in explained


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_package_of_npm_is_locked_with_a_hash_and_without_a_registry(folder):
    installed = {path: package for path, package in locked(folder).items() if path}
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert not any("resolved" in package for package in installed.values())
