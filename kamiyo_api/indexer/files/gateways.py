"""Fetch files of IPFS and Arweave from the gateways that the operator has set."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, unquote

from kamiyo_api.indexer.files.cids import Cid, parse_cid
from kamiyo_api.indexer.files.decoding import unpacked
from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.indexer.files.fetching import Fetcher

TRANSACTION = re.compile(r"[A-Za-z0-9_-]{43}")


class Fetched(NamedTuple):
    """A file, and whether it is known to be the one that its URI names."""

    content: bytes
    is_checked: bool


class Gateways:
    """The gateways of one operator, tried in order."""

    def __init__(self, fetcher: Fetcher, ipfs: Sequence[str], arweave: Sequence[str]) -> None:
        self._fetcher, self._ipfs, self._arweave = fetcher, ipfs, arweave

    def fetch_ipfs(self, uri: str) -> Fetched:
        """Return the file at an ipfs: URI; one that fits its CID, if any gateway has it.

        Raises Unresolved.
        """
        name, path = parts_of(uri, "ipfs")
        cid = parse_cid(name)
        urls = [f"{gateway}/ipfs/{name}{path}" for gateway in self._ipfs]
        return best_of(self._answers(urls), cid if not path else None)

    def fetch_arweave(self, uri: str) -> Fetched:
        """Return the file at an ar: URI, which no hash proves. Raises Unresolved."""
        name, path = parts_of(uri, "ar")
        if not TRANSACTION.fullmatch(name):
            raise Unresolved("invalid_uri")
        urls = [f"{gateway}/{name}{path}" for gateway in self._arweave]
        return best_of(self._answers(urls), None)

    def _answers(self, urls: Sequence[str]) -> Iterator[bytes | Unresolved]:
        """Yield what each gateway answers, or why it does not."""
        if not urls:
            raise Unresolved("no_gateway")
        for url in urls:
            try:
                yield self._fetcher.fetch_from_gateway(url)
            except Unresolved as failure:
                yield failure


def best_of(answers: Iterator[bytes | Unresolved], cid: Cid | None) -> Fetched:
    """Return the first answer that fits a CID, else the first that may be the file.

    Raises Unresolved.
    """
    failure: Unresolved | None = None
    unchecked: bytes | None = None
    for answer in answers:
        if isinstance(answer, Unresolved):
            failure = failure or answer
            continue
        fits = None if cid is None else cid.fits(answer)
        if fits:
            return Fetched(unpacked(answer), True)
        if fits is False:
            failure = Unresolved("hash_differs")
        elif unchecked is None:
            unchecked = answer
        if cid is None:
            break
    if unchecked is None:
        raise failure or Unresolved("no_gateway")
    return Fetched(unpacked(unchecked), False)


def parts_of(uri: str, scheme: str) -> tuple[str, str]:
    """Return the name and the path in ipfs://name/path and its variants. Raises Unresolved."""
    rest = uri[len(scheme) + 1 :].lstrip("/").partition("?")[0].partition("#")[0]
    rest = rest.removeprefix(f"{scheme}/")
    name, slash, path = rest.partition("/")
    steps = [unquote(step) for step in path.split("/")]
    if any(step in (".", "..") or "/" in step for step in steps):
        raise Unresolved("invalid_uri")
    try:
        encoded = "/".join(quote(step, safe="") for step in steps)
    except UnicodeError:
        raise Unresolved("invalid_uri") from None
    return name, f"/{encoded}" if slash and path else ""
