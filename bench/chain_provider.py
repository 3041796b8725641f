"""A provider of several chains in a process of its own: the same blocks under each chain's id."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import ThreadingHTTPServer
from subprocess import PIPE, Popen
from typing import Any

import orjson

from bench.projection import add_agent
from bench.serving import ROOT
from tests.support.chain_server import GENESIS, Block, ChainServer, Handler
from tests.support.contracts import Contracts

FINAL_DEPTH = 8


class Indexed(ChainServer):
    """A chain whose blocks are found without a search."""

    def __init__(self) -> None:
        super().__init__()
        self.by_hash: dict[str, Block] = {}

    def index(self) -> None:
        """Remember the blocks by their hashes."""
        self.by_hash = {block.hash: block for block in self.blocks}

    def block(self, name: str) -> Block | None:
        if len(name) == 66:
            return self.by_hash.get(name)
        head = self.blocks[-1].number
        tags = {"latest": head, "finalized": max(head - FINAL_DEPTH, GENESIS)}
        place = (tags[name] if name in tags else int(name, 16)) - GENESIS
        return self.blocks[place] if 0 <= place < len(self.blocks) else None

    def eth_getLogs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        if "blockHash" in wanted:
            return self.by_hash[wanted["blockHash"]].logs
        first, last = (int(wanted[name], 16) - GENESIS for name in ("fromBlock", "toBlock"))
        return [log for block in self.blocks[first : last + 1] for log in block.logs]

    @lru_cache(2)  # noqa: B019
    def contracts(self, block: str) -> Contracts:
        return super().contracts(block)


class Builder:
    """What adds blocks to a chain as tests.support.chain_logs.Chain does."""

    def __init__(self, chain: ChainServer) -> None:
        self.block = chain.add


class ByPath(Handler):
    """Answers for the chain whose id is the path."""

    def do_POST(self) -> None:
        calls = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
        answers = self.chain.answer(calls)
        own = hex(int(self.path.strip("/")))
        for call, answer in zip(
            *([each] if isinstance(each, dict) else each for each in (calls, answers)), strict=True
        ):
            if call["method"] == "eth_chainId":
                answer["result"] = own
        self.send(200, orjson.dumps(answers), {})


def serve(agents: int, apart: int) -> None:
    """Serve blocks with an agent every so many until the process ends; print the port first."""
    chain = Indexed()
    for number in range(agents):
        add_agent(Builder(chain), number)
        for _ in range(apart - 1):
            chain.add()
    for _ in range(FINAL_DEPTH):
        chain.add()
    chain.index()
    handler = type("Served", (ByPath,), {"chain": chain})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


@contextmanager
def provider(agents: int, apart: int = 1) -> Iterator[tuple[str, int]]:
    """The URL of a provider of so many agents, without the chain's id, and its process."""
    command = [sys.executable, "-m", "bench.chain_provider", str(agents), str(apart)]
    with Popen(command, cwd=ROOT, stdout=PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/", process.pid
        finally:
            process.kill()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
