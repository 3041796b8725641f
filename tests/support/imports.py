"""Agents to import: their lines, and the command that imports them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

OWNER = "0x9Ce7082814bDA389F3ba548BDf2626006279569c"
REGISTRY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
HASH = "0x132c8ea538e8210a3058dbbcff6f901e2ff7a8204d5c30db19d15cceeb4db791"
AGENTS = "select * from erc8004_agents order by agent_id"


def line(**overrides: Any) -> str:
    """One agent as the catalogues of the real registries write it."""
    agent = {
        "chain": "ethereum",
        "agent_id": 7,
        "registry_address": "0x8004A169FB4a3325136EB29fA0ceB6D2e539a432",
        "owner_address": OWNER,
        "tx_hash": HASH,
        "block_number": 24339925,
        "registration_file": None,
    }
    return json.dumps(agent | overrides)


@pytest.fixture
def run_import_of(app: Flask, tmp_path: Path) -> Callable[..., Result]:
    """Run one of the imports, such as `flask import-feedback`, over a file of the given content."""

    def run(things: str, content: bytes | list[Any], *options: str) -> Result:
        path = tmp_path / f"{things}.jsonl"
        if isinstance(content, list):
            texts = (each if isinstance(each, str) else json.dumps(each) for each in content)
            content = "".join(f"{text}\n" for text in texts).encode()
        path.write_bytes(content)
        return app.test_cli_runner().invoke(args=[f"import-{things}", str(path), *options])

    return run


@pytest.fixture
def run_import(run_import_of: Callable[..., Result]) -> Callable[..., Result]:
    """Run `flask import-agents` over a file of the given content."""
    return partial(run_import_of, "agents")


def counts(result: Result) -> str:
    """The summary without the time."""
    assert result.exit_code == 0, result.output
    return result.stdout.rsplit(",", 1)[0]


def figures(result: Result) -> tuple[int, ...]:
    """The lines that were inserted, updated, unchanged, older and rejected."""
    found = re.findall(r"(\d+) (?:inserted|updated|unchanged|older|rejected)", counts(result))
    return tuple(map(int, found))
