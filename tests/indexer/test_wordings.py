"""What errors of providers mean, as real ones word them."""

from __future__ import annotations

import pytest

from kamiyo_api.indexer.failures import CallError
from kamiyo_api.indexer.learned import Size
from kamiyo_api.indexer.rpc import retry_after
from kamiyo_api.indexer.wordings import is_rate, suggested_range

ASKED = 20_000
RANGES = [
    (
        -32602,
        "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block "
        "range and no limit on the response size, or you can request any block range with a cap of "
        "10K logs in the response. Based on your parameters and the response size limit, this "
        "block range should work: [0x100, 0x1ff]",
        256,
    ),
    (-32005, "query returned more than 10000 results. Try with this block range [0x10, 0x1f].", 16),
    (-32614, "eth_getLogs is limited to a 10,000 range", 10_000),
    (-32614, "eth_getLogs is limited to a 10000 range", 10_000),
    (-32600, "eth_getLogs block range too large, range: 20000, max: 2000", 2000),
    (-32701, "exceed maximum block range: 5000", 5000),
    (-32000, "exceed maximum block range: 50000", 10_000),
    (-32602, "ranges over 10000 blocks are not supported on freetier", 10_000),
    (-32000, "block range is too wide", 10_000),
    (-32000, "query exceeds max results 20000, retry with the range 1-100", 100),
    (-32008, "Response is too big", 10_000),
    (-32002, "request timed out", 10_000),
    (413, "HTTP 413", 10_000),
    (-32603, "internal error", 10_000),
    (-32062, "Block range is too large", 10_000),
    (
        -32600,
        "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.",
        10,
    ),
]
RATES = [
    (-32005, "rate limit exceeded"),
    (-32005, "daily request count exceeded, request rate limited"),
    (-32029, "Too Many Requests"),
    (429, "Your app has exceeded its compute units per second capacity."),
    (-32000, "Too many requests, reason: call rate limit exhausted"),
    (-32007, "50/second request limit reached - reduce calls per second"),
    (-32097, "capacity exceeded"),
    (-32001, "monthly quota exceeded"),
    (-32090, "Too many requests, retry in 10s"),
]


@pytest.mark.parametrize(("code", "message", "size"), RANGES)
def test_error_of_a_range_suggests_a_smaller_one(code, message, size):
    assert not is_rate(CallError(code, message))
    assert suggested_range(message, ASKED) == size


@pytest.mark.parametrize(("code", "message"), RATES)
def test_error_of_a_rate_is_no_error_of_a_range(code, message):
    assert is_rate(CallError(code, message))


def test_size_stays_below_what_was_refused_for_a_long_time():
    size = Size(2000, 2000)
    size.refuse(2000)
    assert size.value == 1000
    for _ in range(30):
        size.succeed(size.value)
    assert size.value == 1999
    for _ in range(200):
        size.succeed(size.value)
    assert size.value == 2000


def test_size_never_falls_below_one():
    size = Size(3, 100)
    for asked in (3, 1, 1):
        size.refuse(asked)
    assert size.value == 1
    size.succeed(1)
    assert size.value == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3),
        ("0", 0),
        ("99999", 120),
        ("-5", 0),
        ("soon", None),
        (None, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date(value, seconds):
    assert retry_after(value) == seconds
