"""Text as the chain holds it: stored, or escaped and marked, and never mistaken for another."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import time

import orjson
import pytest

from kamiyo_api.schemas.unstorable import ESCAPE, MOST_LEVELS, Source, read_source

# Texts that look alike, each as JSON in bytes.
ODD_TEXTS = [
    b'"ab"',
    b'"a\\u0000b"',
    b'"a\\\\u0000b"',
    b'"a\\ud800b"',
    b'"a\\udcffb"',
    b'"a\\udc00\\ud800b"',
    b'"a\xffb"',
    b'"a\xed\xa0\x80b"',
    b'"a\xff\xfeb"',
    b'"a\\ufffe0000b"',
    b'"a\xef\xbf\xbe0000b"'.replace(b"0000", b"x00"),
    b'"a\\ufffdb"',
    b'"a\\ufffeb"',
    '"a😀b"'.encode(),
    b'"a\\u00000000b"',
    b'"a\\ud8000000b"',
]

DEEP = b"[" * 5000 + b"]" * 5000


def field(value: bytes) -> Source:
    return read_source(b'{"x": ' + value + b"}").with_storable_numbers()


def test_no_two_texts_become_equal_neither_as_values_nor_as_keys():
    values = [field(text).fields["x"] for text in ODD_TEXTS]
    assert len(set(values)) == len(ODD_TEXTS)
    keys = b",".join(text + b": 1" for text in ODD_TEXTS)
    assert set(field(b"{" + keys + b"}").fields["x"]) == set(values)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_postgresql_stores_every_text(sql, text):
    source = field(text)
    (row,) = sql("select %s::jsonb ->> 'x' as x", source.text.decode())
    assert row["x"] == source.fields["x"]


@pytest.mark.parametrize(
    ("text", "reasons", "original"),
    [
        (b'"a\\u0000"', ["nul"], b"a\0"),
        (b'"a\0"', ["nul"], b"a\0"),
        (b'"\\udfff"', ["surrogate"], b"\xed\xbf\xbf"),
        (b'"\xff\\u0000"', ["invalid_utf8", "nul"], b"\xff\0"),
        (b'"\xff\\ud800"', ["invalid_utf8", "surrogate"], b"\xff\xed\xa0\x80"),
        (b'"\\uFFFE"', ["escape_character"], ESCAPE.encode()),
        (b"1e-99999", ["number"], b"1e-99999"),
        (b'[1, "\\u0000"]', ["nul"], b'[1, "\\u0000"]'),
    ],
)
def test_what_is_escaped_is_marked_by_hash_and_length_of_the_original(text, reasons, original):
    digest = hashlib.sha256(original).hexdigest()
    assert field(text).mark("x") == (reasons, digest, len(original), "escaped")


@pytest.mark.parametrize(
    "text", [b'"a"', b'"\\ud83d\\ude00"', b'"\\\\u0000"', b'"0e99999"', b"1e5"]
)
def test_what_can_be_stored_stays_and_is_not_marked(text):
    source = read_source(b'{"x": ' + text + b', "y": "\\u0000"}')
    assert source.fields["x"] == orjson.loads(text)
    assert source.mark("x") is None
    assert source.mark("y") is not None


def test_control_characters_are_stored_as_they_are():
    assert field(b'"a\x01\tb"').fields["x"] == "a\x01\tb"
    assert field(b'"a\x01\tb"').mark("x") is None


def test_text_that_is_too_long_is_not_stored_but_marked():
    digest = hashlib.sha256(b"abcd").hexdigest()
    value, mark = field(b'"abcd"').storable_text("x", 3)
    assert (value, mark) == (None, (["too_long"], digest, 4, "nothing"))
    assert field(b'"abc"').storable_text("x", 3) == ("abc", None)
    assert field(b"null").storable_text("x", 3) == (None, None)
    with pytest.raises(TypeError):
        field(b"5").storable_text("x", 3)


@pytest.mark.parametrize("levels", [MOST_LEVELS + 50, 100_000])
def test_field_that_nests_too_deeply_is_left_out_and_can_be_marked(levels):
    value = b"[" * levels + b"]" * levels
    source = read_source(b'{"y": "a", "x": ' + value + b', "z": [{"a": 1}]}')
    assert source.fields == {"y": "a", "x": None, "z": [{"a": 1}]}
    digest = hashlib.sha256(value).hexdigest()
    assert source.mark("x") == (["too_deep"], digest, 2 * levels, "nothing")


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{", b'{"a"', b'{"a": 1,}', b'"\\u0000', b"{'a': 1}", b"\xff"),
        pytest.param(b'{"\\x": ' + DEEP + b"}", id="deep-escape"),
        pytest.param(b"{x: " + DEEP + b"}", id="deep-name"),
    ],
)
def test_what_is_not_json_is_refused(text):
    with pytest.raises(orjson.JSONDecodeError):
        read_source(text)


def test_of_a_repeated_field_the_last_one_is_marked():
    source = read_source(b'{"a": "\\u0000", "\\u0061": "\\ud800", "a": "\xff"}')
    assert source.mark("a").reasons == ["invalid_utf8"]
    assert source.fields == {"a": f"{ESCAPE}xff"}


@pytest.mark.parametrize("text", [b"[1]", b"7", b'"\\u0000"', b"null"])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(TypeError):
        read_source(text)


def test_every_text_of_the_json_library_comes_back():
    signs = ["\\", '"', "\0", "\n", "u0000", "é", "😀", "\ud800"]
    texts = ["".join(each) for each in itertools.product(signs, repeat=3)]
    line = json.dumps({"x": texts}).encode()
    stored = read_source(line).fields["x"]
    assert [text for text in texts if "\0" not in text and "\ud800" not in text] == [
        text for text in stored if ESCAPE not in text
    ]
    assert len(set(stored)) == len(set(texts))


def cost_of(line: bytes) -> float:
    began = time.process_time()
    with contextlib.suppress(orjson.JSONDecodeError, TypeError):
        read_source(line)
    return time.process_time() - began


@pytest.mark.parametrize(
    "part", [b'\\"', b'"', b"\\", b"[", b'{"a":', b"0", b"1e", b"\\u0000", b"\xff", b"1."]
)
def test_cost_of_a_hostile_line_grows_with_its_length_only(part):
    short, long = (b'{"\\u0000x": "' + part * (size // len(part)) for size in (2**15, 2**18))
    assert min(cost_of(long) for _ in range(3)) < 24 * min(cost_of(short) for _ in range(3)) + 0.05
