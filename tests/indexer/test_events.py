"""The decoder: every event, and bytes that are none."""

from __future__ import annotations

import random

import pytest

from kamiyo_api.indexer import events
from kamiyo_api.indexer.events import Malformed, Unknown, decode_log
from tests.support import chain_logs as logs

OWNER, CLIENT, OTHER = ("0x" + digit * 40 for digit in "abc")
DIGEST = bytes(range(32))
AGENT = 2**255 + 7
ODD = b"a\0\xff\xed\xa0\x80\\\"'"
EACH = [
    (logs.transfer(AGENT, OWNER, OTHER), events.Transfer(AGENT, OWNER, OTHER)),
    (logs.uri_written(AGENT), events.MetadataUpdate(AGENT)),
    (logs.registered(AGENT, OWNER, ODD), events.Registered(AGENT, ODD, OWNER)),
    (logs.uri_updated(AGENT, ODD, OTHER)[1], events.UriUpdated(AGENT, ODD, OTHER)),
    (logs.metadata_set(AGENT, b"", ODD), events.MetadataSet(AGENT, b"", ODD)),
    (logs.metadata_set(AGENT, ODD * 40, b""), events.MetadataSet(AGENT, ODD * 40, b"")),
    (
        logs.feedback(AGENT, CLIENT, 3, -(2**127), 18, ODD, b"t" * 471, b"", b"ipfs://x", DIGEST),
        events.NewFeedback(
            AGENT, CLIENT, 3, -(2**127), 18, ODD, b"t" * 471, b"", b"ipfs://x", DIGEST
        ),
    ),
    (
        logs.feedback(AGENT, CLIENT, 2**64 - 1, 2**127 - 1, 255),
        events.NewFeedback(
            AGENT, CLIENT, 2**64 - 1, 2**127 - 1, 255, b"", b"", b"", b"", bytes(32)
        ),
    ),
    (logs.revoked(AGENT, CLIENT, 9), events.FeedbackRevoked(AGENT, CLIENT, 9)),
    (
        logs.response(AGENT, CLIENT, 9, OTHER, ODD, DIGEST),
        events.ResponseAppended(AGENT, CLIENT, 9, OTHER, ODD, DIGEST),
    ),
    (
        logs.validation_request(AGENT, OTHER, DIGEST, ODD),
        events.ValidationRequest(AGENT, OTHER, ODD, DIGEST),
    ),
    (
        logs.validation_response(AGENT, OTHER, DIGEST, 255, ODD, b"u"),
        events.ValidationResponse(AGENT, OTHER, DIGEST, 255, b"u", bytes(32), ODD),
    ),
]


def decoded(log: logs.Log) -> object:
    """What the decoder says of a log."""
    return decode_log(bytes.fromhex(log.address[2:]), log.topics, log.data)


@pytest.mark.parametrize(("log", "event"), EACH, ids=lambda each: type(each).__name__)
def test_each_event_is_decoded_to_the_byte(log, event):
    assert decoded(log) == event


@pytest.mark.parametrize("topics", [b"", bytes(32), bytes(range(96))])
def test_unknown_topics_are_returned_as_they_are(topics):
    assert decode_log(bytes(20), topics, b"\xff" * 64) == Unknown(topics[:32])


def changed(log: logs.Log, *, topics: bytes | None = None, data: bytes | None = None) -> object:
    """What the decoder says of a log with other bytes."""
    return decode_log(
        bytes(20), log.topics if topics is None else topics, log.data if data is None else data
    )


FEEDBACK = logs.feedback(1, CLIENT, 1, tag1=b"x")


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        (logs.Log(OWNER, logs.transfer(1, OWNER, OTHER).topics[:96]), "3 topics, not 4"),
        (logs.Log(OWNER, FEEDBACK.topics + bytes(32), FEEDBACK.data), "5 topics, not 4"),
        (logs.Log(OWNER, FEEDBACK.topics, FEEDBACK.data[:383]), "383 bytes of data"),
        (logs.Log(OWNER, logs.uri_written(1).topics, b""), "0 bytes of data, not at least 32"),
        (logs.transfer(1, "0x01" + OWNER[2:], OTHER), "an address"),
        (logs.feedback(1, CLIENT, 2**64), "a uint64"),
        (logs.feedback(1, CLIENT, 1, 2**127), "an int128"),
        (logs.feedback(1, CLIENT, 1, -(2**127) - 1), "an int128"),
        (logs.feedback(1, CLIENT, 1, 0, 256), "a uint8"),
        (logs.validation_response(1, OTHER, DIGEST, 256), "a uint8"),
    ],
)
def test_bytes_that_are_not_what_the_event_declares_have_a_reason(log, reason):
    assert reason in decoded(log).reason


@pytest.mark.parametrize("offset", [33, 2**32, 2**64, 2**256 - 1])
def test_a_string_that_lies_beyond_the_data_is_malformed(offset):
    registered = logs.registered(1, OWNER, b"uri")
    assert isinstance(changed(registered, data=logs.word(offset) + registered.data[32:]), Malformed)
    length = logs.word(32) + logs.word(offset) + bytes(32)
    assert isinstance(changed(registered, data=length), Malformed)


@pytest.mark.parametrize("head", [96, 128, 160, 192])
def test_an_offset_of_feedback_counts_as_a_whole_word(head):
    offset = int.from_bytes(FEEDBACK.data[head : head + 32])
    wide = FEEDBACK.data[:head] + logs.word(2**64 + offset) + FEEDBACK.data[head + 32 :]
    assert f"the string at {head} ends beyond" in changed(FEEDBACK, data=wide).reason


def test_an_event_with_more_data_than_it_needs_is_read():
    registered = logs.registered(1, OWNER, b"uri")
    assert changed(registered, data=registered.data + b"more").uri == b"uri"


def test_no_bytes_raise():
    chance = random.Random(8004)
    for log, _ in EACH * 200:
        topics, data = bytearray(log.topics), bytearray(log.data)
        for _ in range(chance.randint(1, 6)):
            part = chance.choice([topics, data]) or topics
            part[chance.randrange(len(part))] = chance.randrange(256)
        data = data[: chance.randint(0, len(data))]
        decode_log(bytes(20), bytes(topics), bytes(data))
