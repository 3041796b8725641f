"""The projector: final and checked blocks of the journal become rows of agents, feedback and
validations, some thousand logs in a transaction, which also moves the cursor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, NamedTuple, cast

from kamiyo_api import db
from kamiyo_api.cache.invalidation import Invalidation, invalidate_all, know_database
from kamiyo_api.cache.prefetch import SEARCH_VERSION, agent_keys
from kamiyo_api.indexer.binary_copy import BoundedRows, block_of, projected_logs
from kamiyo_api.indexer.collecting import without_collector
from kamiyo_api.indexer.columns import columns_of
from kamiyo_api.indexer.facts import Place, Token
from kamiyo_api.indexer.folding import DECODER_VERSION, Folding, PlacedLog, Registry
from kamiyo_api.indexer.writing import Writing

LOGS_PER_TRANSACTION = 4000
LOGS_BEFORE_ANALYZE, FEW_ROWS = 10_000, 1000
BYTES_PER_TRANSACTION = 16 * 1024 * 1024
GET_TIMES = "projection.get_times"


class ProjectionStopped(Exception):
    """The journal cannot be projected as it is; the message says why and what to do."""


class Projected(NamedTuple):
    """The result of one transaction: up to which block it projected, and how many logs."""

    block: int
    logs: int


def project(chain: str, on_projected: Callable[[Projected], object] = lambda done: None) -> int:
    """Project all that is final and checked of a chain, and return the number of logs.

    Each transaction is complete in itself: a process that is killed leaves nothing half done.
    Raises ProjectionStopped, and the errors of db.transaction().
    """
    logs, is_analyzed = 0, False
    while (done := project_next(chain)) is not None:
        logs += done.logs
        on_projected(done)
        if logs >= LOGS_BEFORE_ANALYZE and not is_analyzed:
            is_analyzed = True
            analyze_new()
    return logs


def analyze_new() -> None:
    """Update the planner's statistics if they are of nearly empty tables; autovacuum may take a
    minute to see that they are not."""
    with db.transaction(limited=False) as tx:
        if tx.rows("projection.get_analyzed")[0]["known_rows"] < FEW_ROWS:
            tx.execute("projection.analyze")


def project_next(chain: str, logs: int = LOGS_PER_TRANSACTION) -> Projected | None:
    """Project the next blocks of a chain in one transaction; return None if there are none."""
    know_database()
    with without_collector():
        return project_in_transaction(chain, logs)


def project_in_transaction(chain: str, logs: int) -> Projected | None:
    """Project the next blocks of a chain. What it read is gone when it returns, so that the
    collector does not look at it."""
    with db.transaction(limited=False) as tx:
        tx.row("projection.get_lock", chain=chain)
        done, writing = project_range(tx, chain, logs)
        if writing is not None:
            invalidate(tx, writing)
    return done


def project_range(
    tx: db.Transaction, chain: str, logs: int, *, is_rebuilt: bool = False
) -> tuple[Projected | None, Writing | None]:
    """Project the next blocks of a chain, and move the cursor."""
    found = tx.row("projection.get_range", chain=chain)
    if found is None or found["upto_block"] <= found["projected_block"]:
        return None, None
    if found["decoder_version"] not in (0, DECODER_VERSION):
        raise ProjectionStopped(
            f"{chain} was projected by other rules (version {found['decoder_version']}, now "
            f"{DECODER_VERSION}); run `flask index-chain {chain} --rebuild`"
        )
    after = found["projected_block"]
    upto, rows = next_rows(tx, chain, after, found["upto_block"], logs)
    facts = read(tx, chain, after, upto, rows)
    uuids = find_agents(tx, chain, list(facts.tokens()))
    facts.fold(set(uuids))
    writing = Writing(
        tx,
        chain,
        facts,
        uuids,
        is_any_unconfirmed=found["is_any_unconfirmed"],
        is_rebuilt=is_rebuilt,
    )
    writing.write()
    moved = tx.execute(
        "projection.update_cursor",
        chain=chain,
        after_block=after,
        upto_block=upto,
        decoder_version=DECODER_VERSION,
    )
    if not moved:
        raise ProjectionStopped(f"{chain} was changed by somebody else while it was projected")
    return Projected(upto, len(rows)), writing


def next_rows(
    tx: db.Transaction, chain: str, after: int, upto: int, limit: int
) -> tuple[int, list[bytes]]:
    """Return the last of some blocks, and their logs: about so many, and always all of them."""
    rows, are_all = copied_rows(tx, chain, after, upto, limit, BYTES_PER_TRANSACTION)
    if are_all:
        return upto, rows
    last = block_of(rows[-1])
    if block_of(rows[0]) < last:
        return last - 1, [row for row in rows if block_of(row) < last]
    return last, copied_rows(tx, chain, last - 1, last)[0]


def copied_rows(
    tx: db.Transaction,
    chain: str,
    after: int,
    upto: int,
    limit: int | None = None,
    most_bytes: int = sys.maxsize,
) -> tuple[list[bytes], bool]:
    """Return the first logs of some blocks, and whether they are all."""
    rows = BoundedRows(most_bytes)
    blocks = {"chain": chain, "after_block": after, "upto_block": upto}
    count = tx.copy_out("projection.copy_logs", cast(IO[bytes], rows), logs=limit, **blocks)
    return rows, count != limit and not rows.is_cut


def read(tx: db.Transaction, chain: str, after: int, upto: int, rows: Sequence[bytes]) -> Folding:
    """Return the facts in logs, read but not folded. Raises ProjectionStopped."""
    facts = Folding(registries_of(tx, chain))
    blocks = {"chain": chain, "after_block": after, "upto_block": upto}
    times = {row["block_number"]: row["block_time"] for row in tx.rows(GET_TIMES, **blocks)}
    facts.read(placed_logs(chain, rows, times))
    return facts


def placed_logs(chain: str, rows: Iterable[bytes], times: Mapping[int, int]) -> Iterator[PlacedLog]:
    """Yield logs with their places. Raises ProjectionStopped."""
    for block, index, transaction, address, topics, data in projected_logs(rows):
        time = times.get(block)
        if time is None:
            raise ProjectionStopped(f"{chain} has logs of block {block}, but not its header")
        yield Place(block, index, time, transaction), address, topics, data


def find_agents(tx: db.Transaction, chain: str, tokens: list[Token]) -> dict[Token, str]:
    """Return the ids of the agents that exist."""
    if not tokens:
        return {}
    names = columns_of(tokens, ("registries", "agent_ids"))
    rows = tx.rows("projection.get_agents", chain=chain, **names)
    found = zip(tokens, rows, strict=True)
    return {token: row["agent_uuid"] for token, row in found if row["agent_uuid"] is not None}


def registries_of(tx: db.Transaction, chain: str) -> list[Registry]:
    """Return the registries of a chain.

    Raises ProjectionStopped if two of them count the feedback of the same agents.
    """
    registries = [Registry(**row) for row in tx.rows("projection.get_registries", chain=chain)]
    bound = [each.identity_registry for each in registries if each.kind == "reputation"]
    if len(set(bound)) < len(bound):
        raise ProjectionStopped(
            f"{chain} has two reputation registries of one identity registry; delete the one that "
            "does not belong to it from erc8004_registries"
        )
    return registries


def invalidate(tx: db.Transaction, writing: Writing) -> None:
    """Invalidate the cached answers about what was written, around the commit."""
    keys = [key for agent_uuid in writing.agent_uuids for key in agent_keys(agent_uuid)]
    versions = [SEARCH_VERSION] if writing.are_agents_changed else []
    if keys or versions:
        tx.commit_hooks.append(Invalidation(keys, versions))


def rebuild(chain: str, on_projected: Callable[[Projected], object] = lambda done: None) -> int:
    """Project all of the journal of a chain once more, in one transaction, and return the number of
    logs. Ids stay; what the journal does not say any more goes. Raises ProjectionStopped."""
    logs = 0
    with without_collector(), db.transaction(limited=False) as tx:
        invalidate_all(tx)
        tx.row("projection.get_lock", chain=chain)
        for query in RESETTING:
            tx.execute(query, chain=chain)
        while True:
            done, _ = project_range(tx, chain, LOGS_PER_TRANSACTION, is_rebuilt=True)
            if done is None:
                break
            logs += done.logs
            on_projected(done)
        for query in SWEEPING:
            tx.execute(query, chain=chain)
    return logs


RESETTING = (
    "projection_rebuild.update_agents",
    "projection_rebuild.delete_metadata",
    "projection_rebuild.delete_epochs",
    "projection_rebuild.delete_responses",
    "projection_rebuild.update_feedback",
    "projection_rebuild.update_validations",
    "projection_rebuild.delete_unprojected",
    "projection_rebuild.update_cursor",
)
SWEEPING = (
    "projection_rebuild.delete_feedback",
    "projection_rebuild.delete_validations",
    "projection_rebuild.update_unconfirmed",
)
