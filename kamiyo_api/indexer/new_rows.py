"""Rows of agents, epochs and feedback in the binary format of COPY, as statements take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from struct import Struct, pack
from typing import Any

from kamiyo_api.indexer.binary_copy import EPOCH_2000, LENGTH, SIGNATURE, TRAILER

NULL = LENGTH(-1)
TIME = Struct("!iq").pack
# The columns of a fixed length, each after its length; the fields of the others follow.
AGENT = Struct("!42si42si42siqi66siqiiiqiqiqiq").pack
EPOCH = Struct("!hi16si42si66siqiiiq").pack
END = Struct("!iqiiiq").pack
NO_END = NULL * 3
FEEDBACK = Struct("!hi16si16si42siqihi66siqiiiqi?").pack
AGENT_FIELDS, EPOCH_FIELDS, FEEDBACK_FIELDS = 17, 9, 22

# The value, the decimals and the first tag of feedback, and the fields that follow from them.
Scored = tuple[int, int, str | None]
Scores = Mapping[Scored, bytes]


class TextFields(dict[str | None, bytes]):
    """The fields of texts, each made once: most texts are repeated."""

    def __init__(self) -> None:
        super().__init__({None: NULL})

    def __missing__(self, text: str) -> bytes:
        field = self[text] = text_field(text)
        return field


class RawUuids(dict[str, bytes]):
    """The bytes of UUIDs, each made once."""

    def __missing__(self, text: str) -> bytes:
        raw = self[text] = bytes.fromhex(text.replace("-", ""))
        return raw


def agent_rows(chain: str, rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield the file of agents that were minted."""
    start = pack("!hi", AGENT_FIELDS, 16)
    names, pad = text_field(chain) + text_field("chain"), LENGTH(42)
    yield SIGNATURE
    for (
        id,
        registry,
        number,
        owner,
        uri,
        wallet,
        since,
        tx,
        block,
        index,
        time,
        marks,
        born,
    ) in rows:
        changed, minted = micros_of(time), micros_of(born)
        # fmt: off
        fixed = AGENT(
            registry.encode(), 42, owner.encode(), 42, wallet.encode(), 8, micros_of(since),
            66, tx.encode(), 8, block, 4, index, 8, changed, 8, changed, 8, minted, 8, minted,
        )
        # fmt: on
        fields = start, bytes.fromhex(id), numeric_field(number), pad, fixed, names
        yield b"".join((*fields, text_field(uri), json_field(marks)))
    yield TRAILER


def epoch_rows(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield the file of epochs of ownership."""
    raw = RawUuids()
    yield SIGNATURE
    for agent_uuid, owner, tx, block, index, time, to_block, to_index, to_time in rows:
        # fmt: off
        begun = EPOCH(
            EPOCH_FIELDS, 16, raw[agent_uuid], 42, owner.encode(), 66, tx.encode(), 8, block,
            4, index, 8, micros_of(time),
        )
        # fmt: on
        if to_block is None:
            yield begun + NO_END
        else:
            yield begun + END(8, to_block, 4, to_index, 8, micros_of(to_time))
    yield TRAILER


def feedback_rows(rows: Iterable[Sequence[Any]], scores: Scores) -> Iterator[bytes]:
    """Yield the file of feedback."""
    raw, field = RawUuids(), TextFields()
    yield SIGNATURE
    # fmt: off
    for (
        id, agent_uuid, client, number, value, decimals, tag1, tag2, endpoint, uri, digest, tx,
        block, index, time, revoked, marks,
    ) in rows:
        yield b"".join((
            FEEDBACK(
                FEEDBACK_FIELDS, 16, bytes.fromhex(id), 16, raw[agent_uuid], 42, client.encode(),
                8, number, 2, decimals, 66, tx.encode(), 8, block, 4, index, 8, micros_of(time),
                1, revoked is not None,
            ),
            scores[value, decimals, tag1],
            field[tag1],
            field[tag2],
            field[endpoint],
            NULL if uri is None else text_field(uri),
            NULL if digest is None else text_field(digest),
            NULL if revoked is None else TIME(8, micros_of(revoked)),
            NULL if marks is None else json_field(marks),
        ))
    # fmt: on
    yield TRAILER


def score_fields(chain: str, value: int, score: bytes | None, *, is_measurement: bool) -> bytes:
    """Return the fields of a value and of what follows from it, after those that all rows share."""
    shared, kind = text_field(chain) + text_field("chain"), pack("!i?", 1, is_measurement)
    scored = NULL if score is None else LENGTH(len(score)) + bytes(score)
    return shared + numeric_field(value) + kind + scored


def numeric_field(number: int) -> bytes:
    """Return the field of a whole number: its digits to the base of 10,000."""
    digits, rest = [], abs(number)
    while rest:
        rest, digit = divmod(rest, 10_000)
        digits.append(digit)
    count, sign = len(digits), 0x4000 if number < 0 else 0
    return pack(f"!ihhHh{count}h", 8 + 2 * count, count, count - 1, sign, 0, *reversed(digits))


def text_field(text: str) -> bytes:
    """Return the field of a text."""
    raw = text.encode()
    return LENGTH(len(raw)) + raw


def json_field(text: str | None) -> bytes:
    """Return the field of a jsonb, whose format has the version 1."""
    if text is None:
        return NULL
    raw = text.encode()
    return LENGTH(len(raw) + 1) + b"\1" + raw


def micros_of(time: int) -> int:
    """Return a time in the microseconds of PostgreSQL."""
    return (time - EPOCH_2000) * 1_000_000
