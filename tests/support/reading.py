"""Readers of served chains, and what they leave in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from kamiyo_api.indexer.chains import reader_of
from kamiyo_api.indexer.following import follow
from kamiyo_api.indexer.providers import Patience
from kamiyo_api.indexer.reader import ChainReader
from tests.support.chain_logs import (
    IDENTITY,
    VALIDATION,
    Log,
    feedback,
    registration,
    response,
    transfer,
    uri_updated,
)
from tests.support.chain_server import ChainServer, chain_server

QUICK = Patience(attempts=4, first_wait=0.001, longest_wait=0.01)
SECRET = "k3y-0f-the-provider"
OWNER, CLIENT = "0x" + "a1" * 20, "0x" + "c2" * 20
FIELDS = "block_number, log_index, block_hash, transaction_hash, address, topics, data"
JOURNAL = f"select {FIELDS} from erc8004_chain_logs where block_number <= %s order by 1, 2"
HISTORY = 40


def populate(chain: ChainServer, blocks: int = HISTORY, first: int = 0) -> None:
    """Add blocks with an agent each, its feedback, and now and then something else."""
    for agent in range(first, first + blocks):
        others = [Log(IDENTITY, b"\x01" * 32, b"unknown"), Log(VALIDATION, b"")]
        chain.add(
            registration(agent, OWNER, b"https://agent.example"),
            [feedback(agent, CLIENT, 1), response(agent, CLIENT, 1, OWNER, b"")],
            [Log("0x" + "99" * 20, b"\x02" * 32)] + (others if agent % 5 == 0 else []),
            uri_updated(agent, b"data:,") if agent % 3 == 0 else [],
            [transfer(agent, OWNER, CLIENT)] if agent % 4 == 0 else [],
        )
        if agent % 7 == 0:
            chain.add()


@pytest.fixture
def chain() -> Iterator[ChainServer]:
    """A populated chain."""
    with chain_server(f"/v2/{SECRET}") as chain:
        populate(chain)
        yield chain


@pytest.fixture
def other_provider(chain: ChainServer) -> Iterator[ChainServer]:
    """Another provider of the same chain, which misbehaves on its own."""
    with chain_server(f"/v2/{SECRET}") as other:
        other.copy_of(chain)
        yield other


@pytest.fixture
def reader_for(app: Flask) -> Iterator[Callable[..., ChainReader]]:
    """Return a reader of the chain base over providers."""
    services = app.extensions["kamiyo"]
    before = services.config

    def reader(*providers: ChainServer, **options: Any) -> ChainReader:
        urls = {"BASE": [provider.url for provider in providers]}
        services.config = replace(before, rpc_urls=urls)
        return reader_of("base", patience=QUICK, **options)

    yield reader
    services.config = before


@pytest.fixture
def read(reader_for: Callable[..., ChainReader]) -> Callable[..., ChainReader]:
    """Read all that there is now."""

    def run(*providers: ChainServer, **options: Any) -> ChainReader:
        reader = reader_for(*providers)
        follow(reader, once=True, **options)
        return reader

    return run


def journal(sql: Callable[..., list[dict[str, Any]]], until: int = 1 << 60) -> list[Any]:
    """The logs in the journal up to a block."""
    return [tuple(map(plain, row.values())) for row in sql(JOURNAL, until)]


def plain(value: Any) -> Any:
    """Bytes for what the driver answers bytes in."""
    return bytes(value) if isinstance(value, memoryview) else value


def logs_of(chain: ChainServer, contracts: tuple[str, ...], until: int = 1 << 60) -> list[Any]:
    """The logs of contracts that the journal should hold up to a block."""
    return [
        (
            block.number,
            int(log["logIndex"], 16),
            *(raw(log[name]) for name in ("blockHash", "transactionHash", "address")),
            b"".join(map(raw, log["topics"])),
            raw(log["data"]),
        )
        for block in chain.blocks
        for log in block.logs
        if block.number <= until and log["address"].lower() in contracts
    ]


def raw(text: str) -> bytes:
    """The bytes of a text in hex."""
    return bytes.fromhex(text[2:])
