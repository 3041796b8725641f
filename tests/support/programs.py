"""Programs of the machine that tests use beside the Python packages."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest


def needed(program: str) -> str:
    """The path of a program that .ci/run installs; elsewhere the test is skipped without it."""
    path = shutil.which(program)
    return path or missing(program)


def needed_file(path: Path) -> Path:
    """A file that `make test` installs; a test that is run without it is skipped."""
    return path if path.exists() else missing(path, "type make test once")


def missing(what: str | Path, advice: str = "see debian_packages in .ci/run") -> Any:
    """Skip the test aloud; fail it in CI, where everything is installed."""
    end = pytest.fail if "CI" in os.environ else pytest.skip
    end(f"{what} is not installed; {advice}")
