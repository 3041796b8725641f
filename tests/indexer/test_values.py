"""Values of JSON-RPC: what is none is a fault of the provider, never a wrong row."""

from __future__ import annotations

import pytest

from kamiyo_api.indexer.failures import Behind, Contradiction, Fault
from kamiyo_api.indexer.values import Header, Log, header_of, log_of

HASH = "0x" + "ab" * 32
GOOD = {
    "blockHash": HASH,
    "transactionHash": "0x" + "CD" * 32,
    "address": "0x" + "Ef" * 20,
    "topics": ["0x" + "01" * 32, "0x" + "02" * 32],
    "data": "0x0304",
    "blockNumber": "0x10",
    "logIndex": "0x0",
}
HEADER = {"number": "0x10", "hash": HASH, "parentHash": "0x" + "00" * 32, "timestamp": "0x5"}


def test_log_is_read_as_bytes():
    topics = b"\x01" * 32 + b"\x02" * 32
    assert log_of(GOOD) == Log(16, 0, b"\xab" * 32, b"\xcd" * 32, b"\xef" * 20, topics, b"\x03\x04")
    assert log_of(GOOD | {"topics": [], "data": "0x"})[5:] == (b"", b"")


BAD = {
    "blockHash": ["0x", HASH[2:], HASH + "00", "0x" + "zz" * 32, 5],
    "transactionHash": [None, "0x" + "ab" * 31, HASH[2:] + "00"],
    "address": [None, HASH, "0x" + "ab" * 19, ["0x"]],
    "topics": [
        None,
        [HASH] * 5,
        ["0x01"],
        [HASH[2:] + "00"],
        "0x",
        [None],
        [HASH, "0x" + "0" * 63],
    ],
    "data": [None, "0x0", "0x 1 ", "zz", 7, "0304", "0x" + "0x00"],
    "blockNumber": [None, "", "0xzz", [], 16],
    "logIndex": ["", "x", {}],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in BAD.items() for value in values]
)
def test_log_that_is_none_is_a_fault(field, value):
    with pytest.raises(Fault):
        log_of(GOOD | {field: value})


@pytest.mark.parametrize("value", [None, [], "0x", 5, {}])
def test_what_is_no_log_is_a_fault(value):
    with pytest.raises(Fault):
        log_of(value)


@pytest.mark.parametrize("field", ["blockHash", "logIndex"])
def test_log_of_an_unsealed_block_is_waited_for(field):
    with pytest.raises(Behind):
        log_of(GOOD | {field: None})


def test_header_is_read():
    assert header_of(HEADER, 16) == Header(16, b"\xab" * 32, bytes(32), 5)


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"hash": None}, Behind),
        ({"hash": "0x" + "00" * 32}, Behind),
        ({"number": None}, Behind),
        ({"number": "0x11"}, Contradiction),
        ({"timestamp": "0xffffffffffff"}, Contradiction),
        ({"hash": "0xab"}, Fault),
        ({"parentHash": None}, Fault),
        ({"timestamp": 5}, Fault),
        ({"number": "17"}, Fault),
    ],
)
def test_header_that_is_none_is_refused(changes, failure):
    with pytest.raises(failure):
        header_of(HEADER | changes, 16)


def test_block_that_is_not_known_is_waited_for():
    with pytest.raises(Behind):
        header_of(None, 16)
