"""One line of an import, which is checked and turned into a row of the staging table."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from kamiyo_api.chains import Chain, KnownChains, key_of
from kamiyo_api.db.copying import escaped
from kamiyo_api.importer.metadata_values import entries_of
from kamiyo_api.importer.values import (
    ADDRESS,
    HASH,
    LineRejected,
    NotJson,
    hex_of,
    parse_exactly,
    past_of,
    shown,
    time_column,
)
from kamiyo_api.schemas.fields import MAX_FILE_BYTES
from kamiyo_api.schemas.numbers import digits_added
from kamiyo_api.schemas.unstorable import Mark, Source, read_source

MAX_LINE_BYTES = 1024 * 1024
# Only PostgreSQL measures shorter lines.
LONG_LINE = 4 * 1024
HIGHEST_AGENT_ID = 2**256 - 1
HIGHEST_BLOCK = 2**63 - 1
HIGHEST_LOG_INDEX = 2**31 - 1
# The table's limit; clients may post 2,048 characters.
MAX_URI_BYTES = 64 * 1024

DECIMAL = re.compile(r"[0-9]{1,100}")


class StagingRow(NamedTuple):
    """The columns of a line in the text format of COPY."""

    number: bytes
    chain: bytes
    agent_id: bytes
    registry_address: bytes
    owner_address: bytes
    token_uri: bytes
    tx_hash: bytes
    block_number: bytes
    log_index: bytes
    source: bytes
    unstorable: bytes
    registered_at: bytes
    metadata: bytes


def parse_line(number: int, line: bytes, chains: KnownChains) -> StagingRow:
    """Return the columns of a line. Raises LineRejected."""
    source = parse_json(line)
    agent = source.fields
    chain = chain_of(agent, chains)
    token_uri, uri_mark = token_uri_of(source)
    stored_line, file_mark = registration_file_of(source)
    return StagingRow(
        b"%d" % number,
        chain.name.encode(),
        b"%d" % agent_id_of(agent, source.text),
        registry_of(agent, chain),
        hex_of(ADDRESS, "owner_address", agent.get("owner_address")),
        token_uri,
        optional_hash_of(agent),
        block_number_of(agent),
        log_index_of(agent),
        stored_line,
        marks_of(token_uri=uri_mark, registration_file=file_mark),
        time_column(past_of(agent, "registered_at")),
        entries_of(source),
    )


def parse_json(line: bytes) -> Source:
    """Return the JSON object of a line as it can be stored. Raises LineRejected."""
    if len(line) > MAX_LINE_BYTES:
        raise NotJson(f"longer than {MAX_LINE_BYTES} bytes")
    try:
        return read_source(line)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except TypeError:
        raise LineRejected("not a JSON object") from None


def chain_of(agent: dict[str, Any], chains: KnownChains) -> Chain:
    """Return the chain of a line, however the line names it. Raises LineRejected."""
    given = agent.get("chain")
    chain = chains.find(given)
    if chain is None:
        raise LineRejected(
            f"chain {shown(given)} is not known here{chains.hint_for(key_of(given))}"
        )
    return chain


def registry_of(agent: dict[str, Any], chain: Chain) -> bytes:
    """Return the registry of a line, by default the identity registry of its chain; reject one that
    holds feedback or validations, not agents. Raises LineRejected."""
    given = agent.get("registry_address")
    if not given:
        return chain.identity_registry.encode()
    if isinstance(given, str):
        return named_registry(given, chain)
    return hex_of(ADDRESS, "registry_address", given)


@lru_cache(1000)
def named_registry(given: str, chain: Chain) -> bytes:
    """Return a registry that lines name again and again. Raises LineRejected."""
    registry = hex_of(ADDRESS, "registry_address", given)
    refusal = chain.refusal_of(registry.decode())
    if refusal is not None:
        raise LineRejected(f"registry_address {refusal}")
    return registry


def agent_id_of(agent: dict[str, Any], line: bytes) -> int:
    """Return the token id, a uint256 that is exact as a number or a text of decimal digits."""
    value = agent.get("agent_id")
    if isinstance(value, float):
        # orjson rounds integers beyond 64 bit to a float; the standard parser does not.
        value = parse_exactly(line)["agent_id"]
    if isinstance(value, str) and DECIMAL.fullmatch(value):
        value = int(value)
    if type(value) is not int or not 0 <= value <= HIGHEST_AGENT_ID:
        raise LineRejected(f"agent_id must be a whole number from 0 to 2^256-1, not {shown(value)}")
    return value


def token_uri_of(source: Source) -> tuple[bytes, Mark | None]:
    """Return the URI, and its mark if it cannot be stored as it is. Raises LineRejected."""
    try:
        value, mark = source.storable_text("token_uri", MAX_URI_BYTES)
    except TypeError:
        raise LineRejected("token_uri must be a text") from None
    return b"\\N" if value is None else escaped(value.encode()), mark


def optional_hash_of(agent: dict[str, Any]) -> bytes:
    value = agent.get("tx_hash")
    return b"\\N" if value is None else hex_of(HASH, "tx_hash", value)


def block_number_of(agent: dict[str, Any]) -> bytes:
    return optional_number_of(agent, "block_number", HIGHEST_BLOCK)


def log_index_of(agent: dict[str, Any]) -> bytes:
    """Return the position in the block; null if there is no block."""
    index = optional_number_of(agent, "log_index", HIGHEST_LOG_INDEX)
    return b"\\N" if agent.get("block_number") is None else index


def optional_number_of(agent: dict[str, Any], name: str, highest: int) -> bytes:
    value = agent.get(name)
    if value is None:
        return b"\\N"
    if type(value) is not int or not 0 <= value <= highest:
        raise LineRejected(f"{name} must be a whole number, not {shown(value)}")
    return b"%d" % value


def registration_file_of(source: Source) -> tuple[bytes, Mark | None]:
    """Return the whole line if its registration file can be stored, else null; and the mark of the
    file if it cannot be stored as it is.

    PostgreSQL extracts the file from the line, so that it stays as written.
    """
    registration_file = source.fields.get("registration_file")
    if registration_file is None:
        is_marked = source.is_left_out("registration_file")
        return b"\\N", source.mark("registration_file") if is_marked else None
    if not isinstance(registration_file, dict):
        return b"\\N", source.mark("registration_file", "not_an_object")
    source = source.with_storable_numbers()
    if len(source.text) > LONG_LINE and digits_added(source.text) > MAX_FILE_BYTES:
        return b"\\N", source.mark("registration_file", "too_large")
    is_escaped = source.originals is not None
    return escaped(source.text), source.mark("registration_file") if is_escaped else None


def marks_of(**marks: Mark | None) -> bytes:
    """Return the marks of the fields that have one, as the column `unstorable` holds them."""
    if not any(marks.values()):
        return b"\\N"
    found = {name: mark.as_json() for name, mark in marks.items() if mark is not None}
    return escaped(orjson.dumps(found))
