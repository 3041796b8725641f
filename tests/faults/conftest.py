"""A service that these tests may break."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers import Place, open_place

DEFECT = r'"message":"\w+\.\w+ failed: .*'


@pytest.fixture(scope="session")
def standing_place() -> Iterator[Place]:
    """One place for all tests of this process."""
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-faults-") as folder,
        open_place(Path(folder)) as place,
    ):
        yield place


@pytest.fixture
def place(standing_place: Place) -> Iterator[Place]:
    """A place where all is well, and whose log tells of no defect afterwards."""
    assert standing_place.health() == (200, "healthy")
    yield standing_place
    assert re.findall(DEFECT, standing_place.web.log.read_text()) == []
