"""Chains: which one a name means, and the refusal of a name that means none."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple, Protocol

from kamiyo_api import db, errors, outages
from kamiyo_api.context import services
from kamiyo_api.schemas.likeness import nearest

LONGEST_NAME = 64
# How long a process uses the chains that it read, and how soon an unknown name makes it read them
# again: an operator may have added the chain.
KNOWN_SECONDS = 60.0
UNKNOWN_SECONDS = 2.0
MOST_COMPARED = 1_000
MOST_SHOWN = 3


class Reader(Protocol):
    """The interface that reads the chains: the module db, or a transaction."""

    def rows(self, query: str, /) -> list[db.Row]:
        """Return all rows of a named query."""


class Chain(NamedTuple):
    """A chain and its registries."""

    name: str
    identity_registry: str
    reputation_registry: str
    validation_registry: str

    def refusal_of(self, registry: str | None) -> str | None:
        """Return why agents cannot be in a registry of this chain, or None if they can."""
        if registry == self.identity_registry:
            return None
        others = {self.validation_registry: "validation", self.reputation_registry: "reputation"}
        if registry not in others:
            return None
        return (
            f"{registry} is the {others[registry]} registry of {self.name}; agents are in its "
            f"identity registry, {self.identity_registry}."
        )


class KnownChains:
    """All chains, as the database listed them once, by each of their names."""

    def __init__(self, rows: Sequence[db.Row]) -> None:
        self.rows = rows
        self._chains = {row["name"]: chain_of(row) for row in rows}
        self._by_key: dict[str, Chain] = {}
        for row in rows:
            names = (row["caip2"], str(row["chain_id"]), *row["aliases"])
            self._by_key.update(dict.fromkeys(names, self._chains[row["name"]]))
        # Chains from before names were unique may differ only in case; exact ones go first.
        for name in sorted(self._chains, key=lambda name: (name != key_of(name), name)):
            self._by_key.setdefault(key_of(name), self._chains[name])
        # A name of other letters has no key; only as it is written it means its chain.
        self._by_key.pop("", None)
        self._without_hyphens = {
            key.replace("-", ""): chain for key, chain in self._by_key.items() if "-" in key
        }
        self.all = tuple(self._chains.values())
        self.hint_for = lru_cache(1_000)(self._hint_for)

    def find(self, given: Any) -> Chain | None:
        """Return the chain that a name, a chain id or a CAIP-2 name means, or None."""
        chain = self._chains.get(given) if isinstance(given, str) else None
        if chain is not None:
            return chain
        key = key_of(given)
        return self._by_key.get(key) or self._find_without_hyphens(key)

    def _find_without_hyphens(self, key: str) -> Chain | None:
        bare = key.replace("-", "")
        if ":" in bare or bare.isdigit():
            return None
        return self._by_key.get(bare) or self._without_hyphens.get(bare)

    def _hint_for(self, key: str) -> str:
        """Return which chains a key that means none is like, as the rest of a sentence."""
        key = key.removeprefix("eip155:")
        names = [name for name in islice(self._by_key, MOST_COMPARED) if ":" not in name]
        like = nearest(key, names, 10)
        chains = list(dict.fromkeys(self._by_key[name].name for name in like))[:MOST_SHOWN]
        return f"; did you mean {' or '.join(chains)}?" if chains else ""


class Chains:
    """The chains that this process has read, so that most requests need no query for a name."""

    def __init__(self) -> None:
        self._known: KnownChains | None = None
        self._read_at = 0.0

    def find(self, given: str, reader: Reader) -> Chain | None:
        """Return the chain that a name means, or None; read the chains again if none does or if
        they were read KNOWN_SECONDS ago."""
        chain = self._recent(KNOWN_SECONDS, reader).find(given)
        return chain or self._recent(UNKNOWN_SECONDS, reader).find(given)

    def all(self, reader: Reader) -> Sequence[Chain]:
        """Return all chains, as they were read within KNOWN_SECONDS."""
        return self._recent(KNOWN_SECONDS, reader).all

    def refusal_of(self, given: str, *, hinted: bool = True) -> errors.ChainNotSupported:
        """Return the error for a name that means no chain, which says what is near if hinted."""
        shown = given if len(given) <= LONGEST_NAME else f"{given[:LONGEST_NAME]}…"
        hint = self._known.hint_for(key_of(given)) if self._known and hinted else ""
        return errors.ChainNotSupported(
            f'"{shown}" is not a chain of this service{hint or "."} '
            "GET /api/v1/chains lists every chain with its names; an operator can add one."
        )

    def _recent(self, seconds: float, reader: Reader) -> KnownChains:
        """Return the chains that were read within so many seconds, as far as the database can be
        read; while one thread reads them, others use those from before."""
        known, now = self._known, time.monotonic()
        if known is not None and now < self._read_at + seconds:
            return known
        self._read_at = now
        try:
            return self._replace(read_chains(reader))
        except outages.Unavailable:
            # A transaction in which a statement failed is lost.
            if known is None or reader is not db:
                raise
            return known

    def _replace(self, new: KnownChains) -> KnownChains:
        """Use other chains from now on, and forget what was derived from names of the old ones."""
        old, self._known = self._known, new
        if old is not None and old.rows != new.rows:
            services().known_searches.clear()
            services().sent_answers.clear()
        return new


def read_chains(reader: Reader) -> KnownChains:
    """Return the chains that the database lists now."""
    return KnownChains(reader.rows("chains.list"))


def find_chain(given: str, reader: Reader) -> Chain | None:
    """Return the chain that a name means, as this process knows it, or None."""
    return services().chains.find(given, reader)


def all_chains(reader: Reader) -> Sequence[Chain]:
    """Return all chains, as this process knows them."""
    return services().chains.all(reader)


def require_chain(given: str, reader: Reader) -> Chain:
    """Return the chain that a name means. Raises ChainNotSupported."""
    chain = find_chain(given, reader)
    if chain is None:
        raise services().chains.refusal_of(given)
    return chain


def refuse_other_registry(registry: str | None, chains: Sequence[Chain]) -> None:
    """Refuse a registry that holds feedback or validations of one of these chains, and agents of
    none. Raises InvalidInput."""
    if any(registry == chain.identity_registry for chain in chains):
        return
    for chain in chains:
        refusal = chain.refusal_of(registry)
        if refusal is not None:
            raise errors.InvalidInput(errors={"registry_address": [refusal]})


def chain_of(row: db.Row) -> Chain:
    """Return the chain of a row."""
    return Chain(
        row["name"],
        row["identity_registry"],
        row["reputation_registry"],
        row["validation_registry"],
    )


def key_of(given: Any) -> str:
    """Return the form of a name in which names are compared, as erc8004_chain_key does; empty if it
    cannot be a name. A number is a chain id, also in hex, as wallets write it."""
    text = str(given) if type(given) is int else given
    if not isinstance(text, str) or len(text) > LONGEST_NAME:
        return ""
    text = text.strip().lower()
    if not text.isascii():
        return ""
    if re.fullmatch("0x[0-9a-f]{1,16}", text):
        return str(int(text, 16))
    return re.sub("[ _]+", "-", text)
