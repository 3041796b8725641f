"""Blooms: a hash and bits as on a chain, and a block that should hold more logs than answered."""

from __future__ import annotations

import pytest

from kamiyo_api.indexer.blooms import Blooms, bits_of, bits_of_logs
from kamiyo_api.indexer.events import TOPICS
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.keccak import keccak256
from kamiyo_api.indexer.values import Header, Log
from tests.support.chain_logs import FIRST_BLOCK, IDENTITY, REPUTATION, VALIDATION
from tests.support.reading import journal, logs_of

CONTRACTS = (IDENTITY, REPUTATION, VALIDATION)
LOG = Log(5, 0, bytes(32), bytes(32), b"\x01" * 20, b"\x02" * 32 + b"\x03" * 32, b"")


@pytest.mark.parametrize(
    ("signature", "event"),
    [
        (b"Transfer(address,address,uint256)", "Transfer"),
        (b"Registered(uint256,string,address)", "Registered"),
        (
            b"NewFeedback(uint256,address,uint64,int128,uint8,string,string,string,string,string,"
            b"bytes32)",
            "NewFeedback",
        ),
    ],
)
def test_keccak_hashes_as_the_chain_does(signature, event):
    assert keccak256(signature).hex() == TOPICS[event]


@pytest.mark.parametrize("length", [0, 135, 136, 137, 272])
def test_keccak_takes_messages_of_any_length(length):
    assert len({keccak256(b"x" * each) for each in (length, length + 1)}) == 2
    assert bits_of(b"x" * length).bit_count() <= 3


def test_bloom_is_believed_after_ten_blocks_that_carried_the_bits():
    blooms, bits = Blooms(), bits_of_logs([LOG])
    full = Header(5, bytes(32), bytes(32), 0, bits)
    more = full._replace(bloom=bits | bits_of(b"\x09" * 32))
    for _ in range(9):
        assert not blooms.is_doubtful(more, [LOG])
    assert blooms.is_doubtful(more, [LOG])
    assert not blooms.is_doubtful(full, [LOG])
    assert blooms.is_doubtful(full, [])
    assert not blooms.is_doubtful(full._replace(bloom=0), [LOG])
    assert not blooms.is_doubtful(full, [])


def test_bloom_without_the_bits_is_never_believed_again():
    blooms = Blooms()
    blooms.is_doubtful(Header(5, bytes(32), bytes(32), 0, 1), [LOG])
    for _ in range(20):
        assert not blooms.is_doubtful(Header(5, bytes(32), bytes(32), 0, 1 << 9), [])


def test_bloom_tells_of_logs_that_a_node_never_had(chain, read, sql):
    chain.behave(blooms=True, lost=frozenset({chain.blocks[-1].number}))
    with pytest.raises(Stop) as stopped:
        read(chain)
    assert stopped.value.code == "LOGS_MISSING"
    assert f"the bloom of block {chain.blocks[-1].number} shows logs" in stopped.value.detail


def test_honest_blooms_change_nothing(chain, read, sql):
    chain.behave(blooms=True)
    read(chain)
    assert journal(sql) == logs_of(chain, CONTRACTS)
    assert chain.blocks[0].number < FIRST_BLOCK
