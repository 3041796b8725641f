"""Programs of npm that check the OpenAPI document and generate clients, which `make test`
installs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT
from tests.support.programs import needed_file

NODE = Path(sys.executable).parent / "node"
FOLDER = ROOT / "tests" / "openapi"
# Redocly's linter asks nobody for newer versions, and reports nothing.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
MODULES = FOLDER / "node_modules"


def node(program: str, *arguments: str, folder: Path) -> str:
    """Run a program of npm in a folder; what it printed, which must be no failure."""
    command = [needed_file(NODE), needed_file(MODULES / ".bin" / program), *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | QUIET, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
