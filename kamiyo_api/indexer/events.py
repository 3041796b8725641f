"""The events of the ERC-8004 registries: bytes in, typed records out.

Strings stay bytes: what a chain holds may be no text. Nothing is raised, whatever the bytes are.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import NamedTuple

from kamiyo_api.indexer.abi import (
    WORD,
    Undecodable,
    address_in,
    int128_in,
    text_at,
    text_from,
    uint8_in,
    uint64_in,
    unsigned,
)


class Transfer(NamedTuple):
    """An agent got another owner; a mint comes from the zero address."""

    agent_id: int
    from_address: str
    to_address: str


class MetadataUpdate(NamedTuple):
    """The URI of an agent was written (ERC-4906)."""

    agent_id: int


class Registered(NamedTuple):
    """An agent was registered."""

    agent_id: int
    uri: bytes
    owner: str


class UriUpdated(NamedTuple):
    """An agent has another URI."""

    agent_id: int
    uri: bytes
    updated_by: str


class MetadataSet(NamedTuple):
    """An agent has another value under a key."""

    agent_id: int
    key: bytes
    value: bytes


class NewFeedback(NamedTuple):
    """A client gave feedback to an agent."""

    agent_id: int
    client: str
    feedback_index: int
    value: int
    value_decimals: int
    tag1: bytes
    tag2: bytes
    endpoint: bytes
    file_uri: bytes
    file_hash: bytes


class FeedbackRevoked(NamedTuple):
    """A client revoked a feedback."""

    agent_id: int
    client: str
    feedback_index: int


class ResponseAppended(NamedTuple):
    """Somebody responded to a feedback."""

    agent_id: int
    client: str
    feedback_index: int
    responder: str
    response_uri: bytes
    response_hash: bytes


class ValidationRequest(NamedTuple):
    """An agent requested a validation."""

    agent_id: int
    validator: str
    request_uri: bytes
    request_hash: bytes


class ValidationResponse(NamedTuple):
    """A validator responded to a request."""

    agent_id: int
    validator: str
    request_hash: bytes
    response: int
    response_uri: bytes
    response_hash: bytes
    tag: bytes


class Unknown(NamedTuple):
    """A log of no known event; it may have no topic at all."""

    topic: bytes


class Malformed(NamedTuple):
    """A log that has the topic of an event, but not its form."""

    event: str
    reason: str


Event = (
    Transfer
    | MetadataUpdate
    | Registered
    | UriUpdated
    | MetadataSet
    | NewFeedback
    | FeedbackRevoked
    | ResponseAppended
    | ValidationRequest
    | ValidationResponse
)
Decoder = Callable[[bytes, bytes], Event]

# The words of NewFeedback, read at once: an index, a value, its decimals, four offsets, a hash;
# before each number that is narrower than its word, what must be zero.
FEEDBACK = Struct("!24sQ32s31sB24sQ24sQ24sQ24sQ32s")
ZEROS, ZEROS_OF_UINT8 = bytes(24), bytes(31)


class Form(NamedTuple):
    """The form of an event: its name, its topics in bytes, the least of its data, its decoder."""

    event: str
    topics: int
    data: int
    decode: Decoder


def decode_log(address: bytes, topics: bytes, data: bytes) -> Event | Unknown | Malformed:
    """Return the event of a log. `topics` are words of 32 bytes; the address decides nothing here,
    because several contracts may emit an event of the same form."""
    form = FORMS.get(topics[:WORD])
    return Unknown(topics[:WORD]) if form is None else decode_as(form, topics, data)


def decode_as(form: Form, topics: bytes, data: bytes) -> Event | Malformed:
    """Return the event of a log that has the topic of a form."""
    event, expected, least, decode = form
    if len(topics) != expected:
        return Malformed(event, f"it has {len(topics) // WORD} topics, not {expected // WORD}")
    if len(data) < least:
        return Malformed(event, f"it has {len(data)} bytes of data, not at least {least}")
    try:
        return decode(topics, data)
    except Undecodable as error:
        return Malformed(event, str(error))


def transfer(topics: bytes, data: bytes) -> Transfer:
    return Transfer(unsigned(topics[96:]), address_in(topics[32:64]), address_in(topics[64:96]))


def metadata_update(topics: bytes, data: bytes) -> MetadataUpdate:
    return MetadataUpdate(unsigned(data[:32]))


def registered(topics: bytes, data: bytes) -> Registered:
    return Registered(unsigned(topics[32:64]), text_at(data, 0), address_in(topics[64:]))


def uri_updated(topics: bytes, data: bytes) -> UriUpdated:
    return UriUpdated(unsigned(topics[32:64]), text_at(data, 0), address_in(topics[64:]))


def metadata_set(topics: bytes, data: bytes) -> MetadataSet:
    return MetadataSet(unsigned(topics[32:64]), text_at(data, 0), text_at(data, 32))


def new_feedback(topics: bytes, data: bytes) -> NewFeedback:
    high, index, value, high8, decimals, at1, tag1, at2, tag2, at3, endpoint, at4, uri, digest = (
        FEEDBACK.unpack_from(data)
    )
    if not high == at1 == at2 == at3 == at4 == ZEROS or high8 != ZEROS_OF_UINT8:
        check_feedback(data)
    return NewFeedback(
        unsigned(topics[32:64]),
        address_in(topics[64:96]),
        index,
        int128_in(value),
        decimals,
        text_from(data, tag1, 96),
        text_from(data, tag2, 128),
        text_from(data, endpoint, 160),
        text_from(data, uri, 192),
        digest,
    )


def check_feedback(data: bytes) -> None:
    """Raise Undecodable for the first of the words that is larger than its type."""
    uint64_in(data[:32])
    int128_in(data[32:64])
    uint8_in(data[64:96])
    for head in (96, 128, 160, 192):
        text_at(data, head)


def feedback_revoked(topics: bytes, data: bytes) -> FeedbackRevoked:
    return FeedbackRevoked(
        unsigned(topics[32:64]), address_in(topics[64:96]), uint64_in(topics[96:])
    )


def response_appended(topics: bytes, data: bytes) -> ResponseAppended:
    return ResponseAppended(
        unsigned(topics[32:64]),
        address_in(topics[64:96]),
        uint64_in(data[:32]),
        address_in(topics[96:]),
        text_at(data, 32),
        data[64:96],
    )


def validation_request(topics: bytes, data: bytes) -> ValidationRequest:
    return ValidationRequest(
        unsigned(topics[64:96]), address_in(topics[32:64]), text_at(data, 0), topics[96:]
    )


def validation_response(topics: bytes, data: bytes) -> ValidationResponse:
    return ValidationResponse(
        unsigned(topics[64:96]),
        address_in(topics[32:64]),
        topics[96:],
        uint8_in(data[:32]),
        text_at(data, 32),
        data[64:96],
        text_at(data, 96),
    )


TOPICS = {
    "Transfer": "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    "MetadataUpdate": "f8e1a15aba9398e019f0b49df1a4fde98ee17ae345cb5f6b5e2c27f5033e8ce7",
    "Registered": "ca52e62c367d81bb2e328eb795f7c7ba24afb478408a26c0e201d155c449bc4a",
    "URIUpdated": "3a2c7fffc2cba7582c690e3b82c453ea02a308326a98a3ad7576c606336409fb",
    "MetadataSet": "2c149ed548c6d2993cd73efe187df6eccabe4538091b33adbd25fafdb8a1468b",
    "NewFeedback": "6a4a61743519c9d648a14e6493f47dbe3ff1aa29e7785c96c8326a205e58febc",
    "FeedbackRevoked": "25156fd3288212246d8b008d5921fde376c71ed14ac2e072a506eb06fde6d09d",
    "ResponseAppended": "b1c6be0b5b8aef6539e2fac0fd131a2faa7b49edf8e505b5eb0ad487d56051d4",
    "ValidationRequest": "530436c3634a98e1e626b0898be2f1e9980cc1bd2a78c07a0aba52d0a48a5059",
    "ValidationResponse": "afddf629e874ccc3963b6a888c477bd464a6c8525024fc88759ea3b2326349ae",
}
# Words of topics, least words of data.
SHAPES: dict[str, tuple[int, int, Decoder]] = {
    "Transfer": (4, 0, transfer),
    "MetadataUpdate": (1, 1, metadata_update),
    "Registered": (3, 2, registered),
    "URIUpdated": (3, 2, uri_updated),
    "MetadataSet": (3, 4, metadata_set),
    "NewFeedback": (4, 12, new_feedback),
    "FeedbackRevoked": (4, 0, feedback_revoked),
    "ResponseAppended": (4, 4, response_appended),
    "ValidationRequest": (4, 2, validation_request),
    "ValidationResponse": (4, 5, validation_response),
}
FORMS = {
    bytes.fromhex(TOPICS[event]): Form(event, topics * WORD, words * WORD, decode)
    for event, (topics, words, decode) in SHAPES.items()
}
