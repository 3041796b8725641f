"""anvil, an Ethereum node without a network, for `make run CHAIN=demo` and the tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from kamiyo_api.demo.emitter import calldata, emitter
from kamiyo_api.demo.logs import Log
from kamiyo_api.dev.databases import free_port
from kamiyo_api.dev.processes import NotStarted, run_server
from kamiyo_api.dev.supervision import Process
from kamiyo_api.indexer.rpc import Endpoint

# make installs it there with npm.
INSTALLED = Path(sys.prefix) / "anvil/node_modules/@foundry-rs"
INSTALL = (
    "anvil is not installed; type `make run CHAIN=demo`, which installs it from npm, "
    "or install Foundry (https://getfoundry.sh) so that anvil is in the PATH"
)
BLOCKS_IN_MEMORY = 1000
GAS_LIMIT = 1_000_000_000
GAS = 100_000_000

Transactions = Iterable[Iterable[Log]]


class Anvil:
    """The blocks of a chain, and the contracts at the addresses of its registries."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._endpoint = Endpoint(url)

    def ask(self, *calls: tuple[str, list[Any]]) -> list[Any]:
        """Return the results of calls, which are sent in one batch. Raises Refused."""
        if not calls:
            return []
        requests = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        answers = self._endpoint.post(requests)
        for answer in answers:
            if "error" in answer:
                raise Refused(answer["error"]["message"])
        return [answer["result"] for answer in answers]

    def deploy(self, identity: str, *others: str) -> None:
        """Put the contracts at the addresses of an identity registry and its other registries."""
        bytecode = f"0x{emitter(identity).hex()}"
        self.ask(*(("anvil_setCode", [address, bytecode]) for address in (identity, *others)))
        (self._sender,) = self.ask(("eth_accounts", []))[0][:1]

    def mine(self, *transactions: Iterable[Log], at: int | None = None) -> int:
        """Add a block, with the logs of its transactions; return its number.

        The calls of a batch run at once, so a later step needs its own batch.
        """
        self.ask(*(("eth_sendTransaction", [each]) for each in self._requests([transactions])[0]))
        if at is not None:
            self.ask(("evm_setNextBlockTimestamp", [at]))
        self.ask(("evm_mine", []))
        return self.head()

    def reorganise(self, depth: int, *blocks: Transactions) -> None:
        """Replace the newest blocks by as many others; the first ones have the transactions."""
        requests = self._requests(blocks, self.head() - depth)
        pairs = [[each, place] for place, block in enumerate(requests) for each in block]
        self.ask(("anvil_reorg", [depth, pairs]))

    def head(self) -> int:
        """Return the number of the newest block."""
        return self.number_of("latest")

    def number_of(self, tag: str) -> int:
        """Return the number of the block with a tag, such as finalized."""
        (block,) = self.ask(("eth_getBlockByNumber", [tag, False]))
        return int(block["number"], 16)

    def _requests(
        self, blocks: Sequence[Transactions], after: int | None = None
    ) -> list[list[dict[str, str]]]:
        """Return the transactions of blocks after a block, else after the newest."""
        tag = "latest" if after is None else hex(after)
        (used,) = self.ask(("eth_getTransactionCount", [self._sender, tag]))
        nonces = count(int(used, 16))
        return [
            [
                self._request(next(nonces), *part)
                for logs in transactions
                for part in by_contract(logs)
            ]
            for transactions in blocks
        ]

    def _request(self, nonce: int, address: str, logs: Sequence[Log]) -> dict[str, str]:
        gas = {"gas": hex(GAS), "gasPrice": "0x0"}
        data = f"0x{calldata(logs).hex()}"
        return {"from": self._sender, "to": address, "nonce": hex(nonce), "data": data, **gas}


class Refused(Exception):
    """An error that anvil returned, with its message."""


def by_contract(logs: Iterable[Log]) -> Iterator[tuple[str, Sequence[Log]]]:
    """Yield logs that follow each other in one contract, with its address."""
    address, some = "", list[Log]()
    for log in logs:
        if some and log.address != address:
            yield address, some
            some = []
        address = log.address
        some.append(log)
    if some:
        yield address, some


def program() -> Path:
    """Return the program. Raises NotStarted, which says how to install it."""
    for path in INSTALLED.glob("anvil-*/bin/anvil"):
        return path
    found = shutil.which("anvil")
    if found is None:
        raise NotStarted(INSTALL)
    return Path(found)


@contextmanager
def anvil(folder: Path, chain_id: int) -> Iterator[Anvil]:
    """Run a chain whose blocks are added by `mine`; the third newest is final.

    Raises NotStarted and OSError.
    """
    port = free_port()
    with running(folder, port, chain_id):
        yield Anvil(f"http://127.0.0.1:{port}")


@contextmanager
def running(
    folder: Path, port: int, chain_id: int, genesis: int | None = None
) -> Iterator[Process]:
    """Run anvil at a port of 127.0.0.1, with a log in the folder.

    With `genesis`, the time of its first block, equal blocks have equal hashes. Raises NotStarted
    and OSError.
    """
    command = command_of(port, chain_id, genesis)
    with run_server(command, folder=folder, ready="Listening on") as process:
        yield process


def command_of(port: int, chain_id: int, genesis: int | None) -> list[str | Path]:
    """Return the command line. Raises NotStarted."""
    return [
        program(),
        *("--port", str(port), "--chain-id", str(chain_id)),
        # Otherwise it fills the disk with the states of all blocks.
        *("--prune-history", str(BLOCKS_IN_MEMORY)),
        *("--no-mining", "--order", "fifo", "--accounts", "1"),
        *("--slots-in-an-epoch", "1"),
        *("--gas-limit", str(GAS_LIMIT), "--block-base-fee-per-gas", "0"),
        *(["--timestamp", str(genesis)] if genesis is not None else []),
    ]
