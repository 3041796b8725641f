"""What a gateway answers is believed if it has the hash of the CID."""

from __future__ import annotations

import base64
import hashlib
import itertools

import pytest

from kamiyo_api.indexer.files.cids import BASE36, BASE58, DAG_PB, RAW, parse_cid
from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.indexer.files.fetching import Fetcher
from kamiyo_api.indexer.files.gateways import Gateways
from kamiyo_api.indexer.files.resolving import Resolver
from kamiyo_api.schemas.fields import MAX_FILE_BYTES
from tests.support import hosts
from tests.support.hosts import answering

HELLO = b"hello world\n"
# As `ipfs add` names this file: version 0, the same in version 1, and with --raw-leaves.
HELLO_V0 = "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o"
HELLO_V1 = "bafybeicg2rebjoofv4kbyovkw7af3rpiitvnl6i7ckcywaq6xjcxnc2mby"
EMPTY_V0 = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH"
FILE = b'{"name": "Tides"}'


def raw_cid(content):
    """The CID of a file that is one raw block."""
    return name_of(bytes([1, RAW, 0x12, 32]) + hashlib.sha256(content).digest())


def name_of(cid):
    """A CID in base32."""
    return "b" + base64.b32encode(cid).decode().lower().rstrip("=")


def in_base(alphabet, cid):
    """A CID in another base."""
    number, digits = int.from_bytes(cid, "big"), ""
    while number:
        number, digit = divmod(number, len(alphabet))
        digits = alphabet[digit] + digits
    return digits


@pytest.mark.parametrize("name", [HELLO_V0, HELLO_V1])
def test_file_of_one_block_fits_its_cid(name):
    assert parse_cid(name).codec == DAG_PB
    assert parse_cid(name).fits(HELLO) is True
    assert parse_cid(name).fits(HELLO + b" ") is None
    assert parse_cid(EMPTY_V0).fits(b"") is True


def test_raw_file_fits_its_cid_and_no_other_does():
    cid = parse_cid(raw_cid(FILE))
    assert (cid.fits(FILE), cid.fits(FILE + b" ")) == (True, False)


def test_cid_is_read_in_every_base():
    binary = bytes([1, RAW, 0x12, 32]) + hashlib.sha256(FILE).digest()
    names = [
        name_of(binary),
        name_of(binary).upper(),
        "f" + binary.hex(),
        "z" + in_base(BASE58, binary),
        "k" + in_base(BASE36, binary),
        "u" + base64.urlsafe_b64encode(binary).decode().rstrip("="),
    ]
    assert {parse_cid(name).fits(FILE) for name in names} == {True}


def test_hash_of_another_kind_cannot_be_checked():
    blake = bytes([1, RAW, 0xA0, 0xE4, 2, 32]) + bytes(32)
    assert parse_cid(name_of(blake)).fits(FILE) is None


@pytest.mark.parametrize(
    "name",
    [
        "Qm",
        HELLO_V0[:-1],
        HELLO_V0 + "x",
        HELLO_V0.replace("T", "0"),
        HELLO_V1[:-2],
        "z",
        "b",
        "é" * 46,
        "b" * 200,
        "fzz",
    ],
)
def test_malformed_cid_is_refused(name):
    with pytest.raises(Unresolved, match="invalid_cid"):
        parse_cid(name)


@pytest.fixture
def gateway():
    """A server on this machine that is three gateways: one is gone, one lies, one is honest."""
    with hosts.host(None, "127.0.0.1") as started:
        yield started


@pytest.fixture
def resolve(gateway):
    url = f"http://127.0.0.1:{gateway.port}"
    fetcher = Fetcher()
    urls = [f"{url}/gone", f"{url}/lies", f"{url}/honest"]
    return Resolver(fetcher, Gateways(fetcher, urls, urls)).resolve


def behave(gateway, path, lie, truth):
    """Let the gateways answer at a path, or not."""
    gateway.behaviours[f"/gone{path}"] = answering(status="504 Gateway Timeout")
    gateway.behaviours[f"/lies{path}"] = answering(lie)
    gateway.behaviours[f"/honest{path}"] = answering(truth)


def test_answer_that_fits_is_preferred_to_lies(gateway, resolve):
    name = raw_cid(FILE)
    behave(gateway, f"/ipfs/{name}", b'{"name": "Lie"}', FILE)
    for uri in (f"ipfs://{name}", f"ipfs:{name}", f"ipfs://ipfs/{name}", f"IPFS://{name}?x#y"):
        file = resolve(uri)
        assert (file.text, file.is_checked) == (FILE, True)


def test_lies_about_a_raw_file_are_refused(gateway, resolve):
    name = raw_cid(FILE)
    behave(gateway, f"/ipfs/{name}", b'{"name": "Lie"}', b'{"name": "Lie"}')
    with pytest.raises(Unresolved, match="hash_differs"):
        resolve(f"ipfs://{name}")


def test_what_cannot_be_checked_is_resolved_and_says_so(gateway, resolve):
    behave(gateway, f"/ipfs/{HELLO_V0}", FILE, FILE)
    behave(gateway, f"/ipfs/{HELLO_V1}/a%20b/agent.json", FILE, FILE)
    behave(gateway, "/" + "a" * 43, FILE, FILE)
    for uri in (f"ipfs://{HELLO_V0}", f"ipfs://{HELLO_V1}/a b/agent.json", "ar://" + "a" * 43):
        file = resolve(uri)
        assert (file.text, file.is_checked) == (FILE, False)


def test_gateways_that_all_fail_are_a_reason(gateway, resolve):
    for gone in ("gone", "lies", "honest"):
        gateway.behaviours[f"/{gone}/ipfs/{HELLO_V0}"] = answering(status="404 Not Found")
    with pytest.raises(Unresolved, match="not_found"):
        resolve(f"ipfs://{HELLO_V0}")


@pytest.mark.parametrize("path", ["/../../api/v0/id", "/%2e%2e/x", "/a/./b", "/a%2fb"])
def test_path_that_climbs_is_refused(gateway, resolve, path):
    with pytest.raises(Unresolved, match="invalid_uri"):
        resolve(f"ipfs://{HELLO_V0}{path}")
    assert gateway.heads == []


def test_large_file_of_one_block_fits():
    content = bytes(itertools.islice(itertools.cycle(b"ab"), MAX_FILE_BYTES))
    size = b"\x80\x80\x04"
    data = b"\x08\x02\x12" + size + content + b"\x18" + size
    block = b"\x0a" + b"\x8a\x80\x04" + data
    cid = bytes([1, DAG_PB, 0x12, 32]) + hashlib.sha256(block).digest()
    assert parse_cid(name_of(cid)).fits(content) is True
