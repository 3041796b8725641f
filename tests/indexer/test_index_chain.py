"""`flask index-chain`: what an operator types and sees."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from kamiyo_api.config import Config, ConfigError
from kamiyo_api.observability.redaction import redactor
from tests.support import ROOT, database
from tests.support.chain_logs import FIRST_BLOCK, IDENTITY, REPUTATION, VALIDATION, registration
from tests.support.concurrency import wait_until
from tests.support.reading import OWNER, SECRET, journal, logs_of

CONTRACTS = (IDENTITY, REPUTATION, VALIDATION)


def test_chain_is_read_once_and_goes_on(app, chain, flask, sql):
    done = flask("index-chain", "Base", "--once", RPC_URL_BASE=chain.url)
    head = chain.blocks[-1].number
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"base: read to block {head}, final to {head - 8}, checked to {head - 8}\n"
    )
    assert journal(sql) == logs_of(chain, CONTRACTS)
    again = flask("index-chain", "8453", "--once", RPC_URL_BASE=chain.url)
    assert again.stdout == done.stdout


def test_part_of_a_chain_is_read(app, chain, flask, sql):
    first, last = FIRST_BLOCK + 2, FIRST_BLOCK + 12
    done = flask(
        *("index-chain", "base", "--from-block", str(first), "--to-block", str(last)),
        RPC_URL_BASE=chain.url,
    )
    assert done.returncode == 0
    assert [log[0] for log in journal(sql)] == [
        log[0] for log in logs_of(chain, CONTRACTS, last) if log[0] >= first
    ]


def test_chain_without_a_url_says_which_setting_is_missing(app, flask):
    done = flask("index-chain", "base-sepolia")
    assert done.returncode == 1
    assert "NO_PROVIDER: RPC_URL_BASE_SEPOLIA is not set" in done.stderr


def test_unknown_chain_is_refused(app, flask):
    done = flask("index-chain", "nowhere")
    assert done.returncode == 1
    assert '"nowhere" is not a chain of this service' in done.stderr


def test_stop_is_one_line_and_shows_no_key(app, chain, flask, sql):
    chain.behave(chain_id=10)
    done = flask("index-chain", "base", "--once", RPC_URL_BASE=chain.url, LOG_LEVEL="debug")
    assert done.returncode == 1
    assert "Error: base: WRONG_CHAIN: provider 1: it is of chain 10, not 8453." in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "urls",
    [
        "base.example",
        "ftp://base.example",
        "https://",
        "https://a.example,,",
        "https://a b",
        "x" * 9,
    ],
)
def test_invalid_url_of_a_provider_ends_the_start(monkeypatch, app, urls):
    monkeypatch.setenv("RPC_URL_BASE", f"https://ok.example/{SECRET},{urls}")
    with pytest.raises(ConfigError) as error:
        Config.from_environment()
    assert str(error.value).startswith(
        "kamiyo-api: RPC_URL_BASE must be 1 to 20 https:// or http://"
    )
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://base.example/v2/KEY_key-123?x=1",
        "http://127.0.0.1:8545",
        "http://[::1]:8545/",
        "https://user:pass%20word@base.example:8443",
        "https://localhost",
    ],
)
def test_valid_urls_of_providers_are_taken(monkeypatch, app, url):
    monkeypatch.setenv("RPC_URL_BASE_SEPOLIA", f" {url} , {url}")
    assert Config.from_environment().rpc_urls == {"BASE_SEPOLIA": [url, url]}
    assert "base.example" not in repr(Config.from_environment())


def test_keys_of_providers_are_redacted(session_app):
    config = session_app.extensions["kamiyo"].config
    urls = {"BASE": [f"https://h.example/v2/{SECRET}"]}
    assert SECRET not in redactor(replace(config, rpc_urls=urls))(f"GET /v2/{SECRET} failed")


@pytest.fixture
def added(sql):
    """Delete the chains that a test adds."""
    yield
    database.empty(sql)
    sql("delete from erc8004_chains where chain_id = 900001")


def test_chain_is_added_and_read(app, added, chain, flask, sql):
    chain.behave(chain_id=900001)
    done = flask("chains", "add", "my-rollup", "900001", "--first-block", str(FIRST_BLOCK))
    assert done.stdout == "added my-rollup, eip155:900001; set RPC_URL_MY_ROLLUP to read it\n"
    done = flask("index-chain", "My Rollup", "--once", RPC_URL_MY_ROLLUP=chain.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert journal(sql) == logs_of(chain, CONTRACTS)


def test_chain_with_other_registries_is_added(app, added, flask, sql):
    addresses = ["0x" + digit * 40 for digit in "abcd"]
    identity, reputation, *validations = addresses
    done = flask(
        *("chains", "add", "my-testnet", "900001", "--testnet"),
        *("--identity-registry", identity.upper().replace("X", "x")),
        *("--reputation-registry", reputation),
        *(word for each in validations for word in ("--validation-registry", each)),
    )
    assert done.returncode == 0
    rows = sql(
        "select r.address, r.kind, r.identity_registry from erc8004_registries as r "
        "where r.chain = 'my-testnet' order by r.address"
    )
    kinds = ["identity", "reputation", "validation", "validation"]
    assert [tuple(row.values()) for row in rows] == [
        (address, kind, identity) for address, kind in zip(addresses, kinds, strict=True)
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("Base", "900001"), "'Base' is no name"),
        (("base", "900001"), "base means base already"),
        (("bnb", "900001"), "bnb means bsc already"),
        (("other", "8453"), "8453 means base already"),
    ],
)
def test_chain_that_is_known_is_not_added(app, flask, arguments, reason):
    done = flask("chains", "add", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {reason}")


def test_all_chains_with_a_url_are_followed(app, chain, servers, sql):
    environment = {
        **os.environ,
        "FLASK_APP": "wsgi",
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "RPC_URL_BASE": chain.url,
        "RPC_URL_BSC": "http://127.0.0.1:1/" + SECRET,
    }
    running = subprocess.Popen(
        [sys.executable, "-m", "flask", "index-chains"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for agent in range(40, 43):
            wait_until(lambda: journal(sql) == logs_of(chain, CONTRACTS), seconds=60)
            chain.add(registration(agent, OWNER))
        assert running.poll() is None
    finally:
        running.kill()
    output = running.communicate()[0]
    assert "reading base, bsc" in output
    assert SECRET not in output
