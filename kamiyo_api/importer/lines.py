"""One line of an import, which is checked and turned into a row of the staging table."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from kamiyo_api.chains import KnownChains, key_of
from kamiyo_api.db.copying import escaped
from kamiyo_api.schemas.fields import MAX_FILE_BYTES
from kamiyo_api.schemas.numbers import digits_added

MAX_LINE_BYTES = 1024 * 1024
# Only PostgreSQL measures shorter lines.
LONG_LINE = 4 * 1024
HIGHEST_AGENT_ID = 2**256 - 1
HIGHEST_BLOCK = 2**63 - 1
HIGHEST_LOG_INDEX = 2**31 - 1
MAX_URI_LENGTH = 2048

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
HASH = re.compile(r"0x[0-9a-fA-F]{64}")
DECIMAL = re.compile(r"[0-9]{1,100}")
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
# Numbers near the limits of PostgreSQL's numeric, far beyond those of a double: with thousands of
# decimals, as an exponent or written out; and a zero with an exponent of thousands, with which any
# other number would be infinite. Each pattern begins with its rarest character, which makes the
# search ten times as fast.
SMALL_EXPONENT = re.compile(rb"-(?<=[eE]-)0*[1-9][0-9]{3}")
MANY_DECIMALS = re.compile(rb"\.[0-9]{1000}")
GREAT_ZERO = re.compile(rb"0(?<![0-9A-Za-z.]0)(?:\.0+)?[eE]\+?0*[1-9][0-9]{3}")


class LineRejected(ValueError):
    """This line cannot be imported; the message says why."""


class NotJson(LineRejected):
    """This line cannot be read as JSON."""


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


def parse_line(number: int, line: bytes, chains: KnownChains) -> StagingRow:
    """Return the columns of a line. Raises LineRejected."""
    agent = parse_json(line)
    chain, registry = place_of(agent, chains)
    return StagingRow(
        b"%d" % number,
        chain,
        b"%d" % agent_id_of(agent, line),
        registry,
        hex_of(ADDRESS, "owner_address", agent.get("owner_address")),
        token_uri_of(agent),
        optional_hash_of(agent),
        block_number_of(agent),
        log_index_of(agent),
        source_of(agent, line),
    )


def parse_json(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line. Raises LineRejected, also for NUL characters."""
    if len(line) > MAX_LINE_BYTES:
        raise NotJson(f"longer than {MAX_LINE_BYTES} bytes")
    try:
        agent = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    if not isinstance(agent, dict):
        raise LineRejected("not a JSON object")
    if b"\\" in line and b"\\u0000" in line and ESCAPED_NUL.search(line):
        raise LineRejected("holds a NUL character, which PostgreSQL cannot store")
    return agent


def may_be_unstorable(line: bytes) -> bool:
    """Return whether a line may contain a number with thousands of decimals or a zero with an
    exponent of thousands."""
    return bool(
        SMALL_EXPONENT.search(line) or MANY_DECIMALS.search(line) or GREAT_ZERO.search(line)
    )


def place_of(agent: dict[str, Any], chains: KnownChains) -> tuple[bytes, bytes]:
    """Return the chain and the registry of a line, by default the identity registry of its chain.
    Raises LineRejected."""
    given, registry = agent.get("chain"), agent.get("registry_address") or None
    if not isinstance(registry, str | None) or not isinstance(given, str | int):
        return find_place.__wrapped__(given, registry, chains)
    return find_place(given, registry, chains)


# A file has few chains and registries, and they need not be looked up for each line.
@lru_cache(maxsize=1_000, typed=True)
def find_place(given: Any, registry: Any, chains: KnownChains) -> tuple[bytes, bytes]:
    """Return a chain and its registry, however a line names them; reject a registry that holds
    feedback or validations, not agents. Raises LineRejected."""
    chain = chains.find(given)
    if chain is None:
        raise LineRejected(
            f"chain {shown(given)} is not known here{chains.hint_for(key_of(given))}"
        )
    address = hex_of(ADDRESS, "registry_address", registry or chain.identity_registry)
    refusal = chain.refusal_of(address.decode())
    if refusal is not None:
        raise LineRejected(f"registry_address {refusal}")
    return chain.name.encode(), address


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


def parse_exactly(line: bytes, **options: Any) -> dict[str, Any]:
    """Return the JSON object of a line from the slower, exact parser of the standard library."""
    try:
        agent: dict[str, Any] = json.loads(line, **options)
    except RecursionError:
        raise LineRejected("nested too deeply") from None
    return agent


def reject_unstorable(literal: str) -> float:
    """Reject a number that PostgreSQL cannot store; return any number for others."""
    if may_be_unstorable(literal.encode()):
        raise LineRejected(f"holds the number {shown(literal)}, which PostgreSQL cannot store")
    return 0.0


def hex_of(pattern: re.Pattern[str], name: str, value: Any) -> bytes:
    """Return a hex text of the given form, in lower case. Raises LineRejected."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        kind = "an address" if pattern is ADDRESS else "a hash of 64 hex digits"
        raise LineRejected(f"{name} must be {kind}, not {shown(value)}")
    return value.lower().encode()


def token_uri_of(agent: dict[str, Any]) -> bytes:
    value = agent.get("token_uri")
    if value is None:
        return b"\\N"
    if not isinstance(value, str) or len(value) > MAX_URI_LENGTH:
        raise LineRejected(f"token_uri must be a text of at most {MAX_URI_LENGTH} characters")
    return escaped(value.encode())


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


def source_of(agent: dict[str, Any], line: bytes) -> bytes:
    """Return the whole line if it has a registration file, else null.

    PostgreSQL extracts the file from the line, so that it stays as written. Raises LineRejected
    for a number that PostgreSQL cannot store.
    """
    registration_file = agent.get("registration_file")
    if registration_file is None:
        return b"\\N"
    if not isinstance(registration_file, dict):
        raise LineRejected(
            f"registration_file must be an object or null, not {shown(registration_file)}"
        )
    if may_be_unstorable(line):
        parse_exactly(line, parse_float=reject_unstorable)
    if len(line) > LONG_LINE and digits_added(line) > MAX_FILE_BYTES:
        raise LineRejected("registration_file holds numbers that are too long written out")
    return escaped(line)


def shown(value: Any) -> str:
    """Return a value as a message shows it, cut if it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
