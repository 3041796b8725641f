"""`make run CHAIN=demo`: it plays a chain, follows it, and its commands show both."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kamiyo_api.demo import story
from tests.dev.test_make_run import Run
from tests.support import ROOT
from tests.support.clones import clone_into, made_to_run
from tests.support.concurrency import wait_until

pytestmark = pytest.mark.slow

PROGRESS = re.compile(r"^  block (\d+): \w.*  read to (\d+), in the API to (\d+)$", re.MULTILINE)
WITHOUT_ANVIL = """
from pathlib import Path
from kamiyo_api.dev import anvil, server
anvil.INSTALLED = Path("nowhere")
server.main("8000", "demo")
"""


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="kamiyo-run-") as name:
        environment = clone_into(Path(name))
        with made_to_run(Path(name), environment, "demo") as process:
            run = Run(Path(name), process, environment)
            wait_until(lambda: PROGRESS.search(run.said))
            yield run


def shown(run, name):
    """What the command with a name in the terminal prints."""
    (command,) = re.findall(rf"^  {name} +(curl .*)$", run.said, re.MULTILINE)
    return run.type(command)


def last_progress(run):
    """The newest block, up to which the chain was read, and up to which the API knows it."""
    return tuple(map(int, PROGRESS.findall(run.said)[-1]))


def test_the_commands_that_it_shows_answer_what_was_read(run):
    chain = json.loads("{" + shown(run, "Chains").strip().rstrip(",") + "}}")
    assert (chain["name"], chain["is_testnet"], chain["is_followed"]) == ("demo", True, True)
    assert chain["following"]["blocks"]["projected"] > 0
    agent = json.loads(shown(run, "Agent"))
    assert (agent["source"], agent["chain"], agent["agent_id"]) == ("chain", "demo", "0")
    assert agent["as_of_block"] > 0
    wait_until(lambda: json.loads(shown(run, "Search"))["total"] > 0)
    assert all(agent["name"] for agent in json.loads(shown(run, "Search"))["agents"])


def test_a_chain_that_is_killed_comes_back_as_it_was(run):
    run.child("anvil").send_signal(signal.SIGKILL)
    wait_until(lambda: "anvil is back" in run.said)
    block = last_progress(run)[0]
    wait_until(lambda: last_progress(run)[2] > block)
    assert "REORGANISED" not in run.said


def test_without_anvil_nothing_is_started(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_ANVIL],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("make run: anvil is not installed; ")
    assert done.stdout == ""


def test_another_chain_is_refused(tmp_path):
    command = [sys.executable, "-m", "kamiyo_api.dev.server", "8000", "base"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("make run: CHAIN must be demo, not 'base'")


def test_the_story_has_every_event_and_is_always_the_same():
    blocks = list(story.blocks())
    assert len(blocks) == story.BLOCKS
    assert blocks == list(story.blocks())
    topics = {log.topics[:32].hex() for block in blocks for tx in block.transactions for log in tx}
    assert topics == set(story.logs.TOPICS.values())
