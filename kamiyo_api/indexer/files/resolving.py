"""Resolve a URI of any scheme to a registration file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from kamiyo_api.config import Config
from kamiyo_api.indexer.files.decoding import data_of, is_inline, unpacked
from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.indexer.files.fetching import Fetcher
from kamiyo_api.indexer.files.gateways import Fetched, Gateways
from kamiyo_api.schemas.fields import MAX_FILE_BYTES
from kamiyo_api.schemas.numbers import digits_added
from kamiyo_api.schemas.unstorable import Mark, Source, escaped_parts, read_source

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class File(NamedTuple):
    """A registration file: its JSON as it can be stored, its fields, the SHA-256 of its content,
    whether it is known to be the one that the URI names, and the mark if it is stored escaped."""

    text: bytes
    fields: dict[str, Any]
    sha256: str
    is_checked: bool
    mark: Mark | None


class Resolver:
    """Resolves the URIs of agents."""

    def __init__(self, fetcher: Fetcher, gateways: Gateways) -> None:
        self._fetcher = fetcher
        self._ways: dict[str, Callable[[str], Fetched]] = {
            "data": lambda uri: Fetched(data_of(uri), True),
            "https": lambda uri: Fetched(unpacked(fetcher.fetch(uri)), True),
            "ipfs": gateways.fetch_ipfs,
            "ar": gateways.fetch_arweave,
        }

    @classmethod
    def of_config(cls, config: Config, fetcher: Fetcher | None = None) -> Resolver:
        """Return the resolver of an operator's settings."""
        fetcher = fetcher or Fetcher()
        return cls(fetcher, Gateways(fetcher, config.ipfs_gateways, config.arweave_gateways))

    def resolve(self, uri: str) -> File:
        """Return the registration file to which a URI leads. Raises Unresolved."""
        return file_of(self._content_of(uri.strip()))

    def _content_of(self, uri: str) -> Fetched:
        if not uri:
            raise Unresolved("empty_uri")
        if is_inline(uri):
            return Fetched(unpacked(uri.encode("utf-8", "surrogatepass")), True)
        scheme = SCHEME.match(uri)
        name = scheme[1].lower() if scheme else ""
        if name == "http":
            raise Unresolved("http_refused")
        if name not in self._ways:
            raise Unresolved("scheme_not_supported" if name else "invalid_uri")
        return self._ways[name](uri)


def file_of(fetched: Fetched) -> File:
    """Return the JSON object in a file, as it can be stored. Raises Unresolved."""
    content = fetched.content
    digest = hashlib.sha256(content).hexdigest()
    source = object_in(content.removeprefix(BYTE_ORDER_MARK).strip(b" \t\r\n"))
    if digits_added(source.text) > MAX_FILE_BYTES:
        raise Unresolved("too_large")
    mark = None if source.originals is None else mark_of(source, content, digest)
    return File(source.text, source.fields, digest, fetched.is_checked, mark)


def object_in(text: bytes) -> Source:
    """Return a JSON object, in which everything can be stored. Raises Unresolved."""
    try:
        return read_source(text).with_storable_numbers()
    except TypeError:
        raise Unresolved("not_an_object") from None
    except (orjson.JSONDecodeError, json.JSONDecodeError, RecursionError, UnicodeError):
        raise Unresolved("invalid_json") from None


def mark_of(source: Source, content: bytes, digest: str) -> Mark | None:
    """Return the mark of a file that is not stored as it is."""
    reasons = escaped_parts(content.decode("utf-8", "surrogateescape"))[1]
    if any(source.is_left_out(name) for name in source.fields):
        reasons = [*reasons, "too_deep"]
    return Mark(reasons, digest, len(content), "escaped") if reasons else None
