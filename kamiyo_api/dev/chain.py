"""`make run CHAIN=demo`: a chain on this machine that the service follows."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from flask import Flask

from kamiyo_api import db, errors
from kamiyo_api.demo import story
from kamiyo_api.demo.logs import IDENTITY, REPUTATION, VALIDATION
from kamiyo_api.dev.anvil import Anvil, Refused, program, running
from kamiyo_api.dev.databases import free_port
from kamiyo_api.dev.processes import locked, run_process
from kamiyo_api.dev.supervision import Process, Supervised, Supervisor
from kamiyo_api.indexer.failures import ProviderFailure

ADD = (
    f"chains add {story.CHAIN} {story.CHAIN_ID} --testnet --first-block 1 "
    f"--identity-registry {IDENTITY} --reputation-registry {REPUTATION} "
    f"--validation-registry {VALIDATION}"
)
SETTING = f"RPC_URL_{story.CHAIN.upper()}"
SECONDS_PER_BLOCK = 2
# Enough for the oldest ones to be final.
FIRST_BLOCKS = 8
FOLLOWERS = {"the indexer": "index-chains", "the resolver": "resolve-files"}
TRY = {
    "Chains": '/chains\' | python3 -m json.tool | sed -n \'/"name": "demo"/,/"logs"/p',
    "Agent": f"/agents/{story.CHAIN}/0",
    "Search": f"/agents/?chain={story.CHAIN}&verified=true&sort=-registered_at&limit=3",
}
ANNOUNCEMENT = """
The chain {chain} runs on this machine, and the service follows it. Show the progress, an agent as
of the last block, and the agents that are named by their files:

{commands}

Every {seconds} seconds a block is added. A line shows its events and the progress of the service.
"""


class DemoChain:
    """The chain of the demo: it grows over time, and has the same blocks after a restart.

    The times of its blocks are stored in a file. Everything else is always the same, so the blocks
    and their hashes are, too.
    """

    def __init__(self, folder: Path) -> None:
        """Raise NotStarted if anvil is not installed."""
        program()
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._anvil = Anvil(self.url)
        self._times = folder / "times"
        self._blocks = list(story.blocks())
        self._said = ""
        self._next_at = 0.0

    @contextmanager
    def followed(self, root: Path, supervisor: Supervisor) -> Iterator[None]:
        """Run the chain and its followers until the block ends. Raises NotStarted and OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder), ExitStack() as stack:
            stack.enter_context(Supervised("anvil", self.start, supervisor))
            for name, command in FOLLOWERS.items():
                start = follower(root, command)
                stack.enter_context(Supervised(name, start, supervisor))
            yield

    @contextmanager
    def start(self) -> Iterator[Process]:
        """Start anvil, and replay the earlier blocks, or play the first ones."""
        if not self._times.exists():
            now = int(time.time())
            self._keep(now - SECONDS_PER_BLOCK * n for n in range(FIRST_BLOCKS, 0, -1))
        times = self.times()
        with running(self.folder, self.port, story.CHAIN_ID, times[0] - 1) as process:
            self._anvil.deploy(IDENTITY, REPUTATION, VALIDATION)
            for block, at in zip(self._blocks, times, strict=False):
                self._anvil.mine(*block.transactions, at=at)
            yield process

    def times(self) -> list[int]:
        """Return the times of the blocks so far."""
        return [int(line) for line in self._times.read_text().split()]

    def _keep(self, times: Iterable[int]) -> None:
        with self._times.open("a") as file:
            file.writelines(f"{each}\n" for each in times)

    def step(self, app: Flask) -> None:
        """Play the next block if it is due, and print the progress of the service."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + SECONDS_PER_BLOCK
        if self._said:
            print(f"  {self._said:<60}  {progress(app)}", flush=True)
        self._said = self._play()

    def _play(self) -> str:
        """Play the next block; return its events. If anvil has ended, its restart plays it."""
        times = self.times()
        if len(times) >= len(self._blocks):
            return ""
        block, at = self._blocks[len(times)], max(int(time.time()), times[-1] + 1)
        self._keep([at])
        with contextlib.suppress(ProviderFailure, Refused):
            self._anvil.mine(*block.transactions, at=at)
        last = " (the last one)" if len(times) + 1 == len(self._blocks) else ""
        return f"block {len(times) + 1}: {block.deeds}{last}"


def progress(app: Flask) -> str:
    """Return the progress of the service on the chain."""
    try:
        with app.app_context():
            cursor = db.row("journal.get_cursor", chain=story.CHAIN)
    except (errors.ApiError, db.ConnectionLost):
        return "(the database does not answer)"
    if cursor is None:
        return "(not read yet)"
    return f"read to {cursor['read_block']}, in the API to {cursor['projected_block']}"


def follower(root: Path, command: str) -> Callable[[], AbstractContextManager[Process]]:
    """Return the starter of a `flask` command that follows the chain and logs only problems."""
    words = [sys.executable, "-m", "flask", "--app", "wsgi", command]
    nothing = subprocess.DEVNULL
    return lambda: run_process(words, cwd=root, stdin=nothing, stdout=nothing)


def announcement(api_url: str, key_file: str) -> str:
    """Return the announcement of the chain for the terminal."""
    curl = f'curl -s -H "Authorization: Bearer $(cat {key_file})" \'{api_url}'
    commands = "\n".join(f"  {name:<10}{curl}{path}'" for name, path in TRY.items())
    return ANNOUNCEMENT.format(chain=story.CHAIN, commands=commands, seconds=SECONDS_PER_BLOCK)
