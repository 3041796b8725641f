"""Pieces of a chain: the logs of a range of blocks, with the headers that prove them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from kamiyo_api.indexer.blooms import bits_of_logs
from kamiyo_api.indexer.failures import CallError, Contradiction, Fault, Incomplete, Refused
from kamiyo_api.indexer.provider import Call, Provider
from kamiyo_api.indexer.values import Header, Log, header_of, logs_in
from kamiyo_api.indexer.wordings import suggested_range

# A range whose answers are larger does not grow.
MANY_LOGS = 4000
NULL_ATTEMPTS = 4
BLOOM_ATTEMPTS = 4


class Piece(NamedTuple):
    """The logs from one block to another, with the headers of the ends and of all blocks with
    logs."""

    start: int
    end: int
    headers: dict[int, Header]
    logs: list[Log]


def header_call(number: int) -> Call:
    """Return the call for the header of a block."""
    return Call("eth_getBlockByNumber", (hex(number), False))


def logs_call(bounds: dict[str, str], contracts: Iterable[bytes]) -> Call:
    """Return the call for the logs of contracts within bounds, whatever their topics."""
    addresses = sorted(f"0x{each.hex()}" for each in contracts)
    return Call("eth_getLogs", ({**bounds, "address": addresses},))


def headers_by_number(provider: Provider, numbers: Sequence[int]) -> list[Header]:
    """Return the headers of blocks; one that the provider answers with null is requested again."""
    results = ask_until_known(provider, [header_call(number) for number in numbers])
    return [header_of(result, number) for number, result in zip(numbers, results, strict=True)]


def ask_until_known(provider: Provider, calls: Sequence[Call]) -> list[Any]:
    """Return the results of calls; those that are null are requested again until none is left, or
    until that does not help."""
    results: dict[int, Any] = {}
    fruitless = 0
    while len(results) < len(calls) and fruitless < NULL_ATTEMPTS:
        asked = [at for at in range(len(calls)) if at not in results]
        answers = provider.ask([calls[at] for at in asked])
        known = {at: it for at, it in zip(asked, answers, strict=True) if it is not None}
        fruitless = 0 if known else fruitless + 1
        results |= known
    return [results.get(at) for at in range(len(calls))]


def fetch_piece(provider: Provider, contracts: Collection[bytes], start: int, until: int) -> Piece:
    """Return a piece that begins at a block and ends at another one at the latest: as long as the
    provider answers, and checked. Raises ProviderFailure."""
    while True:
        end = min(start + provider.range.value - 1, until)
        try:
            piece = _fetch(provider, contracts, start, end)
        except CallError as error:
            if start == end:
                return _fetch_block(provider, contracts, start)
            size = end - start + 1
            provider.note(error)
            provider.range.refuse(size, suggested_range(error.message, size))
            continue
        if len(piece.logs) <= MANY_LOGS:
            provider.range.succeed(end - start + 1)
        return piece


def _fetch(provider: Provider, contracts: Collection[bytes], start: int, end: int) -> Piece:
    """Return the piece of a range, whose ends and logs are requested in the same batch."""
    bounds = {"fromBlock": hex(start), "toBlock": hex(end)}
    first, answer, last = provider.ask(
        [header_call(start), logs_call(bounds, contracts), header_call(end)]
    )
    headers = {
        number: header_of(result, number)
        for number, result in ((start, first), (end, last))
        if result is not None
    }
    for header in headers_by_number(provider, sorted({start, end} - headers.keys())):
        headers[header.number] = header
    logs = logs_of(provider, answer, contracts)
    return _completed(provider, contracts, Piece(start, end, headers, logs))


def _completed(provider: Provider, contracts: Collection[bytes], piece: Piece) -> Piece:
    """Return a piece with the headers of all blocks with logs, checked."""
    start, end, headers, logs = piece
    if logs and not (start <= logs[0].block_number and logs[-1].block_number <= end):
        raise Contradiction(f"it answers logs outside of the blocks {start} to {end}")
    missing = sorted({log.block_number for log in logs} - headers.keys())
    for header in headers_by_number(provider, missing) if missing else ():
        headers[header.number] = header
    check_blocks(logs, headers)
    logs = completed_by_blooms(provider, contracts, headers.values(), logs)
    return Piece(start, end, headers, logs)


def _fetch_block(provider: Provider, contracts: Collection[bytes], number: int) -> Piece:
    """Return the piece of one block."""
    (header,) = headers_by_number(provider, [number])
    logs = logs_of_block(provider, header, contracts)
    return _completed(provider, contracts, Piece(number, number, {number: header}, logs))


def logs_of_block(provider: Provider, header: Header, contracts: Collection[bytes]) -> list[Log]:
    """Return the logs of a block: of all contracts at once if the provider answers that, else
    contract by contract. Raises ProviderFailure."""
    try:
        return _logs_of_block(provider, header, contracts)
    except CallError as error:
        provider.note(error)
    logs: list[Log] = []
    try:
        for contract in sorted(contracts):
            logs += _logs_of_block(provider, header, [contract])
    except CallError as error:
        raise Refused(f"block {header.number} alone: {error}") from None
    return sorted(logs)


def logs_of_blocks(
    provider: Provider, headers: Sequence[Header], contracts: Collection[bytes]
) -> list[Log]:
    """Return the logs of blocks, which are requested by their hashes."""
    calls = [logs_call({"blockHash": f"0x{header.hash.hex()}"}, contracts) for header in headers]
    try:
        answers = provider.ask(calls)
    except CallError as error:
        provider.note(error)
        return [log for each in headers for log in logs_of_block(provider, each, contracts)]
    logs: list[Log] = []
    for header, answer in zip(headers, answers, strict=True):
        logs += checked_logs(provider, answer, header, contracts)
    return logs


def checked_logs(
    provider: Provider, answer: Any, header: Header, contracts: Collection[bytes]
) -> list[Log]:
    """Return the logs in an answer about one block."""
    logs = logs_of(provider, answer, contracts)
    if any(log.block_number != header.number for log in logs):
        raise Contradiction(f"it answers logs of other blocks than {header.number}")
    check_blocks(logs, {header.number: header})
    return logs


def _logs_of_block(provider: Provider, header: Header, contracts: Collection[bytes]) -> list[Log]:
    """Return the logs of a block by its hash; by its number if the provider knows no such call."""
    bounds = {"blockHash": f"0x{header.hash.hex()}"}
    try:
        (answer,) = provider.ask([logs_call(bounds, contracts)])
    except CallError as error:
        provider.note(error)
        bounds = {"fromBlock": hex(header.number), "toBlock": hex(header.number)}
        (answer,) = provider.ask([logs_call(bounds, contracts)])
    return checked_logs(provider, answer, header, contracts)


def logs_of(provider: Provider, answer: Any, contracts: Collection[bytes]) -> list[Log]:
    """Return the logs in an answer in the order of the chain: without those that were removed, that
    are of other contracts, or that are repeated."""
    if not isinstance(answer, list):
        raise Fault("logs that are none")
    valid = logs_in([each for each in answer if not is_removed(each)])
    if len(valid) < len(answer):
        provider.suspect("removed", len(answer) - len(valid))
    logs = [log for log in valid if log.address in contracts]
    if len(logs) < len(valid):
        provider.suspect("other_contract", len(valid) - len(logs))
    logs.sort()
    return without_repetitions(provider, logs)


def is_removed(value: Any) -> bool:
    """Return whether an answer marks a log as removed by a reorganisation."""
    return isinstance(value, dict) and value.get("removed") is True


def without_repetitions(provider: Provider, logs: list[Log]) -> list[Log]:
    """Return sorted logs, each once. Raises Contradiction if two are at one position."""
    unique = logs
    if len({log[:2] for log in logs}) < len(logs):
        unique = logs[:1] + [log for before, log in pairwise(logs) if log != before]
        if len(unique) < len(logs):
            provider.suspect("repeated", len(logs) - len(unique))
        for before, log in pairwise(unique):
            if before[:2] == log[:2]:
                raise Contradiction(f"it answers two logs at {log.block_number}/{log.log_index}")
    if unique and min(log.log_index for log in unique) < 0:
        raise Fault("a log that is none")
    return unique


def completed_by_blooms(
    provider: Provider,
    contracts: Collection[bytes],
    headers: Iterable[Header],
    logs: Sequence[Log],
) -> list[Log]:
    """Return logs with those that only the blooms of their blocks show: if one does not match, all
    logs of its block are requested. Raises Incomplete, ProviderFailure."""
    by_block: dict[int, list[Log]] = {}
    for log in logs:
        by_block.setdefault(log.block_number, []).append(log)
    found: set[Log] = set()
    for header in headers:
        known = by_block.get(header.number, [])
        if provider.blooms.is_doubtful(header, known):
            found |= explained(provider, header, known) - set(known)
    found = {log for log in found if log.address in contracts}
    if not found:
        return list(logs)
    provider.suspect("missing_by_bloom", len(found))
    return sorted([*logs, *found])


def explained(provider: Provider, header: Header, known: Iterable[Log]) -> set[Log]:
    """Return the logs of all contracts in a block when they explain its bloom. Raises Incomplete if
    they never do, ProviderFailure."""
    seen = set(known)
    call = Call("eth_getLogs", ({"blockHash": f"0x{header.hash.hex()}"},))
    for _ in range(BLOOM_ATTEMPTS):
        try:
            (answer,) = provider.ask([call])
        except CallError as error:
            provider.note(error)
            return seen
        logs = logs_in([each for each in answer or () if not is_removed(each)])
        seen |= {log for log in logs if log.block_hash == header.hash}
        if not header.bloom & ~bits_of_logs(seen):
            return seen
    provider.suspect("bloom_unexplained")
    raise Incomplete(
        f"the bloom of block {header.number} shows logs that the provider does not return"
    )


def check_blocks(logs: Iterable[Log], headers: dict[int, Header]) -> None:
    """Check that logs are of the blocks that the headers are of, and that neighbours are linked.

    Raises Contradiction.
    """
    for log in logs:
        if log.block_hash != headers[log.block_number].hash:
            raise Contradiction(f"it answers logs of a block {log.block_number} of another branch")
    ordered = sorted(headers.values())
    for before, header in pairwise(ordered):
        if header.number == before.number + 1 and header.parent != before.hash:
            raise Contradiction(f"its block {header.number} does not follow its block before")
