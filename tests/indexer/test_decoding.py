"""URIs that hold a file themselves, and files as they can be stored."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json

import pytest

from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.indexer.files.fetching import Fetcher
from kamiyo_api.indexer.files.gateways import Gateways
from kamiyo_api.indexer.files.resolving import Resolver
from kamiyo_api.schemas.fields import MAX_FILE_BYTES

FILE = {"name": "Gezeiten ü", "registrations": []}
JSON = json.dumps(FILE, ensure_ascii=False).encode()


@pytest.fixture
def resolve():
    return Resolver(Fetcher(), Gateways(Fetcher(), (), ())).resolve


def data(content, kind="application/json"):
    """A data URI in base64."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def reason(resolve, uri):
    """Why a URI is not resolved."""
    with pytest.raises(Unresolved) as refused:
        resolve(uri)
    return refused.value.reason


@pytest.mark.parametrize(
    "uri",
    [
        data(JSON),
        data(JSON).upper()[:5] + data(JSON)[5:],
        data(JSON, "application/json;charset=utf-8"),
        data(JSON, ""),
        data(JSON).rstrip("="),
        data(JSON).replace("=", "%3D").replace("+", "%2B"),
        "data:application/json;base64," + base64.urlsafe_b64encode(JSON).decode(),
        "data:application/json;base64;charset=utf-8," + base64.b64encode(JSON).decode(),
        data(gzip.compress(JSON), "application/json;enc=gzip;level=6"),
        data(gzip.compress(JSON)),
        data(b"\xef\xbb\xbf" + JSON + b"\n"),
        "data:application/json,%7B%22name%22%3A%22Gezeiten%20%C3%BC%22%2C%22registrations%22%3A[]}",
        "data:," + JSON.decode(),
        JSON.decode(),
        f"  {JSON.decode()}\n",
    ],
)
def test_file_in_its_uri_is_decoded(resolve, uri):
    file = resolve(uri)
    assert json.loads(file.text) == FILE
    assert (file.is_checked, file.mark) == (True, None)


def test_hash_is_that_of_the_content(resolve):
    assert resolve(data(JSON)).sha256 == hashlib.sha256(JSON).hexdigest()


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("", "empty_uri"),
        ("  \n", "empty_uri"),
        ("files.example/agent.json", "invalid_uri"),
        ("https://", "invalid_uri"),
        ("https:///file", "invalid_uri"),
        (f"https://files.example/{'x' * 9000}", "invalid_uri"),
        ("data:application/json;base64", "invalid_uri"),
        ("http://files.example/", "http_refused"),
        ("HTTP://files.example/", "http_refused"),
        ("ftp://files.example/", "scheme_not_supported"),
        ("file:///etc/passwd", "scheme_not_supported"),
        ("javascript:alert(1)", "scheme_not_supported"),
        ("data:application/json;base64,e30*", "invalid_encoding"),
        ("data:application/json;base64,e", "invalid_encoding"),
        (data(gzip.compress(JSON)[:-9]), "invalid_encoding"),
        (data(b"\x1f\x8b nothing"), "invalid_encoding"),
        (data(gzip.compress(bytes(10_000_000))), "too_large"),
        (data(b" " * MAX_FILE_BYTES + b"{}"), "too_large"),
        ("data:," + "%7B" * MAX_FILE_BYTES * 2, "too_large"),
        ("{" + " " * MAX_FILE_BYTES + "}", "too_large"),
        (data(b'{"numbers": [' + b"1e300," * 300 + b"0]}"), "too_large"),
        (data(b""), "invalid_json"),
        (data(b"<html>"), "invalid_json"),
        (data(b'{"name": '), "invalid_json"),
        (data(b'{"name": NaN}'), "invalid_json"),
        (data(b"[" * 60_000), "invalid_json"),
        (data(b'{"a":' * 10_000), "invalid_json"),
        (data(b"[]"), "not_an_object"),
        (data(b"null"), "not_an_object"),
        (data(b'"text"'), "not_an_object"),
        ("ipfs://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy", "no_gateway"),
        ("ar://" + "a" * 43, "no_gateway"),
        ("ar://short", "invalid_uri"),
        ("ipfs://nothing", "invalid_cid"),
        ("ipfs://", "invalid_cid"),
        ("ipfs://bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52z", "invalid_cid"),
    ],
)
def test_uri_that_leads_nowhere_is_a_reason(resolve, uri, expected):
    assert reason(resolve, uri) == expected


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (b'{"name": "a\\u0000b"}', ["nul"]),
        (b'{"name": "a\x00b"}', ["nul"]),
        (b'{"name": "\\ud800"}', ["surrogate"]),
        (b'{"name": "\xff"}', ["invalid_utf8"]),
        (b'{"n": 1e-99999}', ["number"]),
        (b'{"a": ' + b"[" * 2000 + b"]" * 2000 + b"}", ["too_deep"]),
    ],
)
def test_what_cannot_be_stored_is_escaped_and_marked(resolve, content, reasons):
    file = resolve(data(content))
    assert "\x00" not in file.text.decode()
    assert file.mark == (reasons, hashlib.sha256(content).hexdigest(), len(content), "escaped")
