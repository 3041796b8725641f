"""Agents to import: their lines, and the command that imports them."""

from __future__ import annotations

import json
from collections.abc import Callable
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
def run_import(app: Flask, tmp_path: Path) -> Callable[..., Result]:
    """Run `flask import-agents` over a file of the given content."""

    def run(content: bytes | list[str], *options: str) -> Result:
        path = tmp_path / "agents.jsonl"
        if isinstance(content, list):
            content = "".join(f"{text}\n" for text in content).encode()
        path.write_bytes(content)
        return app.test_cli_runner().invoke(args=["import-agents", str(path), *options])

    return run


def counts(result: Result) -> str:
    """The summary without the time."""
    assert result.exit_code == 0, result.output
    return result.stdout.rsplit(",", 1)[0]
