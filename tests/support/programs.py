"""Programs of the machine that tests use beside the Python packages."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest


def needed(program: str) -> str:
    """The path of a program that .ci/run installs; elsewhere the test is skipped without it."""
    path = shutil.which(program)
    return path or missing(program)


def needed_file(path: Path) -> Path:
    """A file of a package that .ci/run installs; elsewhere the test is skipped without it."""
    return path if path.exists() else missing(path)


def missing(what: str | Path) -> str:
    """Skip the test aloud; fail it in CI, where everything is installed."""
    end = pytest.fail if "CI" in os.environ else pytest.skip
    end(f"{what} is not installed; see debian_packages in .ci/run")
