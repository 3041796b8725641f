"""A folder for temporary files that each run of pytest has for itself.

Runs of one user share a folder that each of them closes to other users as it starts. PostgreSQL,
which runs as another user if pytest runs as root, then loses its data and ends.
"""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

VARIABLE = "PYTEST_DEBUG_TEMPROOT"
FOLDER = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Create the folder; the workers of a run get theirs inside it."""
    if not hasattr(config, "workerinput"):
        config.stash[FOLDER] = os.environ[VARIABLE] = tempfile.mkdtemp(prefix="kamiyo-pytest-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete it."""
    if FOLDER in config.stash:
        shutil.rmtree(config.stash[FOLDER], ignore_errors=True)
