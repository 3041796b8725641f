"""Two runs of the tests on one machine leave each other's servers alone."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.slow
FAST = "tests/documents/test_runs_beside_each_other.py::test_run_has_temporary_files"


def test_run_has_temporary_files(tmp_path):
    assert tmp_path.is_dir()


def test_another_run_does_not_close_the_folders_of_this_one(tmp_path):
    """PostgreSQL, as another user, has to pass through them."""
    above = [folder for folder in tmp_path.parents if folder.name.startswith("pytest-of-")]
    assert len(above) == 1
    above[0].chmod(0o711)
    another = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", FAST]
    subprocess.run(another, cwd=ROOT, check=True, capture_output=True)
    assert stat.S_IMODE(above[0].stat().st_mode) == 0o711
