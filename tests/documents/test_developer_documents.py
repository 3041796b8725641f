"""CONTRIBUTING.md and docs/architecture.md: every path that they name exists."""

from __future__ import annotations

import re

import pytest

from tests.support import ROOT

DOCUMENTS = ("CONTRIBUTING.md", "docs/architecture.md")
# Where a path may begin: at the top, or in the package, whose rooms are named without it.
BEGINNINGS = (ROOT, ROOT / "kamiyo_api")
SUFFIXES = ("py", "sql", "lua", "md", "json", "yml", "txt", "toml", "example")
PATH = re.compile(rf"[\w.*-]*/[\w.*/-]*|[\w.*-]+\.({'|'.join(SUFFIXES)})")
# What stands for a name, such as <resource>.
PLACEHOLDER = re.compile(r"<[^>]+>")


def paths(document: str) -> set[str]:
    """The paths in the backticks of a document, also in commands; "*" stands for any name."""
    text = re.sub(r"^```.*?^```", "", (ROOT / document).read_text(), flags=re.MULTILINE | re.DOTALL)
    spans = (PLACEHOLDER.sub("*", span) for span in re.findall(r"`([^`\n]+)`", text))
    words = {word for span in spans for word in span.split() if PATH.fullmatch(word)}
    # What begins with a slash is a path of HTTP; .venv is made by make.
    return {word for word in words if not word.startswith(("/", ".venv/"))}


def exists(path: str) -> bool:
    """Whether a path leads to something; a bare file name may be in any folder that is ours."""
    pattern = path.rstrip("/")
    if any(found for beginning in BEGINNINGS for found in beginning.glob(pattern)):
        return True
    folders = ("docs", "kamiyo_api", "ops", "sql", "tests")
    return "/" not in pattern and any(
        found for folder in folders for found in (ROOT / folder).rglob(pattern)
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_exists(document):
    assert [path for path in sorted(paths(document)) if not exists(path)] == []


def test_paths_are_found_and_one_that_leads_nowhere_is_seen():
    assert {"kamiyo_api/config.py", "tests/routes/test_*.py"} <= paths(DOCUMENTS[0])
    assert {"web/", "sql/tables/", "db/driver.py"} <= paths(DOCUMENTS[1])
    assert not exists("web/entrance.py")
    assert not exists("tests/rooms/")
    assert not exists("99_nothing.sql")


def test_every_room_is_in_the_map():
    rooms = {f"{path.name}/" for path in (ROOT / "kamiyo_api").glob("[a-z]*/")}
    assert rooms <= paths(DOCUMENTS[1])
