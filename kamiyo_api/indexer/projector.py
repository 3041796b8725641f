"""The projector: final and checked blocks of the journal become rows of agents, feedback and
validations, some thousand logs in a transaction, which also moves the cursor."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from struct import Struct
from typing import NamedTuple

from kamiyo_api import db
from kamiyo_api.cache.invalidation import Invalidation, invalidate_all, know_database
from kamiyo_api.cache.prefetch import SEARCH_VERSION, agent_keys
from kamiyo_api.indexer.columns import columns_of
from kamiyo_api.indexer.facts import Place, Token
from kamiyo_api.indexer.folding import DECODER_VERSION, Folding, Registry
from kamiyo_api.indexer.writing import Writing

LOGS_PER_TRANSACTION = 4000
LOGS_BEFORE_ANALYZE, FEW_ROWS = 10_000, 1000
BYTES_PER_TRANSACTION = 16 * 1024 * 1024
GET_TIMES = "projection.get_times"
# A log in what get_logs returns: its block, index, transaction and contract, and how long its
# topics and its data are, which follow.
LOG = Struct("!qi32s20sii")
HEAD, HEAD_BYTES = LOG.unpack_from, LOG.size


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
    with without_collector(), db.transaction(limited=False) as tx:
        tx.row("projection.get_lock", chain=chain)
        done, writing = project_range(tx, chain, logs)
        if writing is not None:
            invalidate(tx, writing)
    return done


@contextmanager
def without_collector() -> Iterator[None]:
    """Suspend the garbage collector, which would take a third of the time: the thousands of records
    of a transaction contain no cycles, and go with it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def project_range(
    tx: db.Transaction, chain: str, logs: int
) -> tuple[Projected | None, Writing | None]:
    """Project the next blocks of a chain, and move the cursor."""
    limits = {"logs": logs, "bytes": BYTES_PER_TRANSACTION}
    found = tx.row("projection.get_range", chain=chain, **limits)
    if found is None or found["upto_block"] <= found["projected_block"]:
        return None, None
    if found["decoder_version"] not in (0, DECODER_VERSION):
        raise ProjectionStopped(
            f"{chain} was projected by other rules (version {found['decoder_version']}, now "
            f"{DECODER_VERSION}); run `flask index-chain {chain} --rebuild`"
        )
    after, upto = found["projected_block"], found["upto_block"]
    facts, count = read(tx, chain, after, upto)
    uuids = find_agents(tx, chain, list(facts.tokens()))
    facts.fold(set(uuids))
    writing = Writing(tx, chain, facts, uuids, is_any_unconfirmed=found["is_any_unconfirmed"])
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
    return Projected(upto, count), writing


def read(tx: db.Transaction, chain: str, after: int, upto: int) -> tuple[Folding, int]:
    """Read the logs of some blocks, and return their number, too. Raises ProjectionStopped."""
    facts = Folding(registries_of(tx, chain))
    blocks = {"chain": chain, "after_block": after, "upto_block": upto}
    times = {row["block_number"]: row["block_time"] for row in tx.rows(GET_TIMES, **blocks)}
    packed = bytes(tx.rows("projection.get_logs", **blocks)[0]["logs"] or b"")
    at = count = 0
    while at < len(packed):
        block, index, transaction, address, topics, data = HEAD(packed, at)
        time = times.get(block)
        if time is None:
            raise ProjectionStopped(f"{chain} has logs of block {block}, but not its header")
        start = at + HEAD_BYTES
        middle, at = start + topics, start + topics + data
        place = Place(block, index, time, transaction)
        facts.read(place, address, packed[start:middle], packed[middle:at])
        count += 1
    return facts, count


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
            done, _ = project_range(tx, chain, LOGS_PER_TRANSACTION)
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
