"""A chain behind JSON-RPC: blocks that tests add and reorganise, served well or badly."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kamiyo_api.indexer.blooms import bits_of_logs
from kamiyo_api.indexer.values import log_of
from tests.support.chain_logs import FIRST_BLOCK, FIRST_TIME, IDENTITY, Log
from tests.support.contracts import NEXT_ID_SLOT, Contracts, Reverted

GENESIS = FIRST_BLOCK - 1
GET_IDENTITY_REGISTRY = "0xbc4d861b"


@dataclass(frozen=True)
class Behaviour:
    """How a provider misbehaves; each number n means every n-th time."""

    chain_id: int = 8453
    final_depth: int = 8
    no_final: bool = False
    behind: int = 0
    status: int = 0
    status_every: int = 0
    broken_every: int = 0
    hang_up_every: int = 0
    limited_calls_every: int = 0
    null_blocks_every: int = 0
    max_range: int = 0
    max_logs: int = 0
    refusal: dict[str, Any] = field(default_factory=lambda: {"code": -32005, "message": "range"})
    max_batch: int = 1000
    short_batches: bool = False
    shuffled: bool = False
    last_log_lost_every: int = 0
    lost: frozenset[int] = frozenset()
    """The numbers of the blocks whose logs the node never had."""
    refused: frozenset[int] = frozenset()
    """The numbers of the blocks about whose logs the node answers an error."""
    repeated: bool = False
    reversed: bool = False
    removed: bool = False
    other_contracts: bool = False
    foreign_hash: bool = False
    wrong_parent: int = 0
    blooms: bool = False
    """Whether headers carry blooms."""
    identity: str = IDENTITY
    """What the registry of feedback says it belongs to."""
    no_state: bool = False
    """Calls are answered at the newest block only."""
    no_code: bool = False
    """Calls are answered as if there were no contract, without an error."""
    other_storage: bool = False
    zero_answers_every: int = 0
    calls_fail: tuple[str, ...] = ()
    """The selectors of the calls that end with an error."""


class Refusal(Exception):
    """An error of JSON-RPC."""


class Hangup(Exception):
    """The connection is closed without an answer."""


@dataclass(frozen=True)
class Block:
    """A block with its logs as eth_getLogs answers them."""

    number: int
    hash: str
    parent: str
    logs: list[dict[str, Any]]

    def header(self) -> dict[str, Any]:
        """The block as eth_getBlockByNumber answers it."""
        return {
            "number": hex(self.number),
            "hash": self.hash,
            "parentHash": self.parent,
            "timestamp": hex(FIRST_TIME + self.number),
        }


class ChainServer:
    """The blocks of a chain, and one provider that answers for them."""

    def __init__(self, url: str = "") -> None:
        self.url = url
        self.behaviour = Behaviour()
        self.counted: dict[str, int] = {}
        self.asked: set[str] = set()
        self.lock = threading.Lock()
        self.blocks = [Block(GENESIS, digest("genesis"), digest("before"), [])]

    def behave(self, **changes: Any) -> None:
        """Change the behaviour; what is not named is as it should be."""
        self.behaviour, self.counted = replace(Behaviour(), **changes), {}

    def add(self, *transactions: list[Log], branch: str = "") -> int:
        """Add a block with the logs of its transactions; its number."""
        parent = self.blocks[-1]
        number = parent.number + 1
        name = digest(f"{parent.hash}{branch}")
        logs = [
            (digest(f"{name}{place}"), log)
            for place, logs in enumerate(transactions)
            for log in logs
        ]
        answers = [answered(number, name, at, *each) for at, each in enumerate(logs)]
        self.blocks.append(Block(number, name, parent.hash, answers))
        return number

    def cut(self, depth: int) -> None:
        """Take away the newest blocks."""
        del self.blocks[-depth:]

    def copy_of(self, other: ChainServer) -> None:
        """Serve the blocks of another server, too."""
        self.blocks = other.blocks

    def every(self, n: int, what: str) -> bool:
        """Whether the n-th of a kind is due."""
        with self.lock:
            self.counted[what] = self.counted.get(what, 0) + 1
            return bool(n) and self.counted[what] % n == 0

    def answer(self, calls: Any) -> Any:
        """The answer to a request: one call or a batch."""
        if isinstance(calls, dict):
            return self.answer_call(calls)
        does = self.behaviour
        if len(calls) > does.max_batch:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch"}}
        answers = [self.answer_call(call) for call in calls]
        answers = answers[::-1] if does.shuffled else answers
        return answers[:-1] if does.short_batches else answers

    def answer_call(self, call: dict[str, Any]) -> dict[str, Any]:
        """The answer to one call."""
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        self.asked.add(call["method"])
        try:
            if self.every(self.behaviour.limited_calls_every, "calls"):
                raise Refusal({"code": -32005, "message": "rate limit exceeded"})
            return answer | {"result": getattr(self, call["method"])(*call["params"])}
        except Refusal as refusal:
            return answer | {"error": refusal.args[0]}

    @property
    def known(self) -> list[Block]:
        """The blocks that the node knows."""
        return self.blocks[: len(self.blocks) - self.behaviour.behind]

    def block(self, name: str) -> Block | None:
        """The block of a number, a hash or a tag."""
        does, head = self.behaviour, self.blocks[-1].number
        if name == "finalized" and does.no_final:
            raise Refusal({"code": -32602, "message": "invalid block tag"})
        tags = {"latest": head, "finalized": max(head - does.final_depth, GENESIS)}
        number = tags[name] if name in tags else int(name, 16)
        return next(
            (each for each in self.known if number in (each.number, int(each.hash, 16))), None
        )

    def eth_chainId(self) -> str:
        return hex(self.behaviour.chain_id)

    def eth_blockNumber(self) -> str:
        return hex(self.blocks[-1].number)

    def eth_getCode(self, address: str, block: str) -> str:
        return "0x6080" if int(block, 16) >= FIRST_BLOCK else "0x"

    def eth_call(self, call: dict[str, str], block: str) -> str:
        does = self.behaviour
        if call["data"] == GET_IDENTITY_REGISTRY:
            return "0x" + does.identity[2:].rjust(64, "0")
        contracts = self.contracts(block)
        if call["data"][:10] in does.calls_fail:
            raise Refusal({"code": -32000, "message": "out of gas"})
        try:
            answer = contracts.call(call["to"], call["data"])
        except Reverted:
            raise Refusal({"code": 3, "message": "execution reverted"}) from None
        if does.no_code:
            return "0x"
        if self.every(does.zero_answers_every, "contract calls"):
            return "0x" + "00" * len(answer)
        return f"0x{answer.hex()}"

    def eth_getStorageAt(self, address: str, slot: str, block: str) -> str:
        owners = self.contracts(block).owners
        does = self.behaviour
        is_known = (address, slot) == (IDENTITY, NEXT_ID_SLOT) and not does.other_storage
        return f"0x{0 if does.no_code or not is_known else len(owners):064x}"

    def contracts(self, block: str) -> Contracts:
        """The contracts at a block."""
        if self.behaviour.no_state and int(block, 16) < self.blocks[-1].number:
            raise Refusal({"code": -32000, "message": "missing trie node"})
        blocks = [each for each in self.blocks if each.number <= int(block, 16)]
        return Contracts(log for each in blocks for log in each.logs)

    def eth_getBlockByNumber(self, number: str, full: bool) -> dict[str, Any] | None:
        block = self.block(number)
        if block is None or self.every(self.behaviour.null_blocks_every, "blocks"):
            return None
        if self.behaviour.blooms:
            logs = [log_of(log) for log in block.logs]
            return block.header() | {"logsBloom": f"0x{bits_of_logs(logs):0512x}"}
        if block.number == self.behaviour.wrong_parent:
            return block.header() | {"parentHash": digest("wrong")}
        return block.header()

    def eth_getLogs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        does = self.behaviour
        if "blockHash" in wanted:
            block = self.block(wanted["blockHash"])
            if block is None:
                raise Refusal({"code": -32000, "message": "unknown block"})
            blocks = [block]
        else:
            first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
            if does.max_range and last - first >= does.max_range:
                raise Refusal(does.refusal)
            blocks = [each for each in self.known if first <= each.number <= last]
        if any(each.number in does.refused for each in blocks):
            raise Refusal({"code": -32000, "message": "internal error"})
        logs = [log for each in blocks if each.number not in does.lost for log in each.logs]
        if not does.other_contracts and "address" in wanted:
            logs = [log for log in logs if log["address"].lower() in wanted["address"]]
        if does.max_logs and len(logs) > does.max_logs:
            raise Refusal(does.refusal)
        return self.spoiled(logs)

    def spoiled(self, logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Logs as a bad node answers them."""
        does = self.behaviour
        if self.every(does.last_log_lost_every, "logs"):
            logs = logs[:-1]
        if does.removed:
            logs = logs + [log | {"removed": True, "blockHash": digest("old")} for log in logs]
        if does.foreign_hash:
            logs = [log | {"blockHash": digest("old")} for log in logs]
        logs = logs * 2 if does.repeated else logs
        return logs[::-1] if does.reversed else logs


def digest(text: str) -> str:
    """A hash as JSON-RPC writes it."""
    return f"0x{hashlib.sha256(text.encode()).hexdigest()}"


def answered(number: int, block: str, index: int, transaction: str, log: Log) -> dict[str, Any]:
    """A log as eth_getLogs answers it."""
    topics = [log.topics[at : at + 32] for at in range(0, len(log.topics), 32)]
    return {
        "address": "0x" + log.address[2:].upper(),
        "topics": [f"0x{topic.hex()}" for topic in topics],
        "data": f"0x{log.data.hex()}",
        "blockNumber": hex(number),
        "blockHash": block,
        "transactionHash": transaction,
        "logIndex": hex(index),
        "removed": False,
    }


class Handler(BaseHTTPRequestHandler):
    """Answers the requests to one ChainServer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    chain: ChainServer

    def log_message(self, *args: Any) -> None:
        """Write nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        does = self.chain.behaviour
        if self.chain.every(does.hang_up_every, "hang ups"):
            self.close_connection = True
            return
        if self.chain.every(does.status_every, "statuses"):
            self.send(does.status, b"<html>", {"retry-after": "0"})
            return
        answer = json.dumps(self.chain.answer(json.loads(body))).encode()
        if self.chain.every(does.broken_every, "broken"):
            answer = answer[: len(answer) // 2]
        self.send(200, answer, {})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def chain_server(path: str = "/") -> Iterator[ChainServer]:
    """Serve a chain on loopback until the block ends."""
    chain = ChainServer()
    handler = type("ChainHandler", (Handler,), {"chain": chain})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        chain.url = f"http://127.0.0.1:{server.server_address[1]}{path}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield chain
        server.shutdown()
