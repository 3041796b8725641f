"""The parts that all steps of reading one chain share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kamiyo_api import db
from kamiyo_api.indexer.failures import (
    CallError,
    FinalityUnknown,
    OtherHistory,
    ProviderFailure,
)
from kamiyo_api.indexer.journal import Cursor, Journal, Tip
from kamiyo_api.indexer.pieces import ask_until_known, headers_by_number
from kamiyo_api.indexer.provider import Call, Provider
from kamiyo_api.indexer.providers import Providers
from kamiyo_api.indexer.sequences import Sequences
from kamiyo_api.indexer.values import header_of


class NoFinalBlock(ProviderFailure):
    """The provider does not say which block is final."""

    stop = FinalityUnknown


class Registry(NamedTuple):
    """A contract whose logs are read."""

    address: str
    kind: str
    identity_registry: str
    first_block: int | None


@dataclass(frozen=True)
class Reading:
    """The reading of one chain: its providers, its contracts, its journal."""

    chain: str
    providers: Providers
    journal: Journal
    contracts: frozenset[bytes]
    sequences: Sequences


def registries_of(chain: str) -> list[Registry]:
    """Return the registries of a chain."""
    return [Registry(**row) for row in db.rows("journal.list_registries", chain=chain)]


def fetch_tip(provider: Provider, finality: str) -> Tip:
    """Return the newest block and the newest final one."""
    if finality.isdecimal():
        _, newest = ask_until_known(provider, [Call("eth_blockNumber"), header_call_of("latest")])
        head = header_of(newest)
        (final,) = headers_by_number(provider, [max(head.number - int(finality), 0)])
        return Tip(head, final)
    try:
        _, newest, result = ask_until_known(
            provider,
            [Call("eth_blockNumber"), header_call_of("latest"), header_call_of(finality)],
        )
    except CallError as error:
        raise NoFinalBlock(f"it does not answer for the tag {finality}: {error}") from None
    head = header_of(newest)
    if not result:
        raise NoFinalBlock(f"it answers nothing for the tag {finality}")
    final = header_of(result)
    # Two nodes behind one URL may have answered.
    return Tip(max(head, final), final)


def header_call_of(tag: str) -> Call:
    """Return the call for the header of a tagged block."""
    return Call("eth_getBlockByNumber", (tag, False))


def is_on_branch(provider: Provider, cursor: Cursor) -> bool:
    """Return whether a provider has the block of the cursor.

    Raises OtherHistory if it has another one although that block was final.
    """
    if cursor.read_block < 0:
        return True
    (header,) = headers_by_number(provider, [cursor.read_block])
    if header.hash == cursor.read_hash:
        return True
    if cursor.read_block <= cursor.final_block:
        raise OtherHistory(f"its block {cursor.read_block} is another one than the final one")
    return False
