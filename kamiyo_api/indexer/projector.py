"""The projector: final and checked blocks of the journal become rows of agents, feedback and
validations, some thousand logs in a transaction, which also moves the cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kamiyo_api import db
from kamiyo_api.cache.invalidation import Invalidation, invalidate_all
from kamiyo_api.cache.prefetch import SEARCH_VERSION, agent_keys
from kamiyo_api.indexer.columns import columns_of
from kamiyo_api.indexer.facts import Place, Token
from kamiyo_api.indexer.folding import DECODER_VERSION, Folding, Registry
from kamiyo_api.indexer.writing import Writing

LOGS_PER_TRANSACTION = 2000
BYTES_PER_TRANSACTION = 16 * 1024 * 1024


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
    logs = 0
    while (done := project_next(chain)) is not None:
        logs += done.logs
        on_projected(done)
    return logs


def project_next(chain: str, logs: int = LOGS_PER_TRANSACTION) -> Projected | None:
    """Project the next blocks of a chain in one transaction; return None if there are none."""
    with db.transaction(limited=False) as tx:
        tx.row("projection.get_lock", chain=chain)
        done, writing = project_range(tx, chain, logs)
        if writing is not None:
            invalidate(tx, writing)
    return done


def project_range(
    tx: db.Transaction, chain: str, logs: int
) -> tuple[Projected | None, Writing | None]:
    """Project the next blocks of a chain, and move the cursor."""
    limits = {"logs": logs, "bytes": BYTES_PER_TRANSACTION}
    found = tx.row("projection.get_range", chain=chain, **limits)
    if found is None or found["upto_block"] <= found["projected_block"]:
        return None, None
    after, upto = found["projected_block"], found["upto_block"]
    facts, count = read(tx, chain, after, upto)
    uuids = find_agents(tx, chain, list(facts.tokens()))
    facts.fold(set(uuids))
    writing = Writing(tx, chain, facts, uuids)
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
    rows = tx.rows("projection.list_logs", chain=chain, after_block=after, upto_block=upto)
    for row in rows:
        block, index, time, transaction, address, topics, data = row.values()
        if time is None:
            raise ProjectionStopped(f"{chain} has logs of block {block}, but not its header")
        place = Place(block, index, time, bytes(transaction))
        facts.read(place, bytes(address), bytes(topics), bytes(data))
    return facts, len(rows)


def find_agents(tx: db.Transaction, chain: str, tokens: list[Token]) -> dict[Token, str]:
    """Return the ids of the agents that exist."""
    if not tokens:
        return {}
    names = columns_of(tokens, ("registries", "agent_ids"))
    rows = tx.rows("projection.list_agents", chain=chain, **names)
    return {tokens[row["place"] - 1]: row["agent_uuid"] for row in rows}


def registries_of(tx: db.Transaction, chain: str) -> list[Registry]:
    """Return the registries of a chain.

    Raises ProjectionStopped if two of them count the feedback of the same agents.
    """
    registries = [Registry(**row) for row in tx.rows("projection.list_registries", chain=chain)]
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
    with db.transaction(limited=False) as tx:
        invalidate_all(tx)
        tx.row("projection.get_lock", chain=chain)
        for query in RESETTING:
            tx.execute(f"projection_rebuild.{query}", chain=chain)
        while True:
            done, _ = project_range(tx, chain, LOGS_PER_TRANSACTION)
            if done is None:
                break
            logs += done.logs
            on_projected(done)
        for query in SWEEPING:
            tx.execute(f"projection_rebuild.{query}", chain=chain)
    return logs


RESETTING = (
    "update_agents",
    "delete_metadata",
    "delete_epochs",
    "delete_responses",
    "update_feedback",
    "update_validations",
    "delete_unprojected",
    "update_cursor",
)
SWEEPING = ("delete_feedback", "delete_validations", "update_unconfirmed")
