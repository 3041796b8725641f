"""Add a chain to those that the service knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kamiyo_api import db
from kamiyo_api.chains import read_chains

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class NotAdded(Exception):
    """The chain was not added; the message says why."""


class NewChain(NamedTuple):
    """A chain to add; registries that are None are those that most chains have."""

    name: str
    chain_id: int
    is_testnet: bool
    identity: str | None
    reputation: str | None
    validations: Sequence[str]
    first_block: int | None


def add_chain(new: NewChain) -> None:
    """Add a chain. Raises NotAdded."""
    if not NAME.fullmatch(new.name):
        raise NotAdded(f"{new.name!r} is no name: 1 to 40 lower-case letters, digits and hyphens")
    known = read_chains(db)
    for name in (new.name, str(new.chain_id)):
        found = known.find(name)
        if found is not None:
            raise NotAdded(f"{name} means {found.name} already")
    with db.transaction(limited=False) as tx:
        _insert(tx, new)


def _insert(tx: db.Transaction, new: NewChain) -> None:
    first, *others = new.validations or (None,)
    row = tx.row(
        "journal.insert_chain",
        chain=new.name,
        chain_id=new.chain_id,
        is_testnet=new.is_testnet,
        identity=new.identity,
        reputation=new.reputation,
        validation=first,
    )
    if row is None:
        raise NotAdded(f"{new.name} or chain {new.chain_id} was added at the same time")
    for address in others:
        tx.execute("journal.insert_registry", chain=new.name, address=address)
    if new.first_block is not None:
        tx.execute("journal.update_first_block", chain=new.name, first_block=new.first_block)
