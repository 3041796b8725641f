"""Which tests `make check` leaves out: those marked slow, and those that this file marks."""

from __future__ import annotations

import pytest

from tests.support import ROOT

TESTS = ROOT / "tests"
FOLDERS = {"attacks", "bench", "doctor", "faults", "openapi", "symptoms"}
# They start a gunicorn or fill a database.
FIXTURES = {"gunicorn", "crowded"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them before `-m` selects."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in FOLDERS or FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
