"""The page of the API: what it shows of each operation, and its examples, run as they are."""

from __future__ import annotations

import dataclasses
import html
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from kamiyo_api import create_app
from kamiyo_api.config import Config
from kamiyo_api.dev.server import DEMO_KEY
from tests.support import chain_logs as logs
from tests.support.chain_logs import Chain
from tests.support.clients import document

DEMO = "demo-data --agents 60 --feedback 600 --payments 200 --seed 8004"
NONE_HERE = "with these ids, the answer is 404"
OWNER, CLIENT = "0x" + "a" * 40, "0x" + "b" * 40
OF_CHAINS = {"list_owners", "get_on_chain_reputation"}
NOWHERE = "postgresql://kamiyo@127.0.0.1:1/kamiyo"
SMALL_ENOUGH = 250_000
OPERATION = re.compile(r'<article class="operation" aria-labelledby="(\w+)">(.*?)</article>', re.S)
EXAMPLE = re.compile(r'aria-label="Example of (\w+)">(.*?)</pre>', re.S)


@pytest.fixture
def page(client):
    """The page as a browser gets it."""
    answer = client.get("/docs/")
    assert answer.status_code == 200
    return answer.text


@pytest.fixture
def elsewhere(app):
    """A client of the service with other settings."""

    def create(**settings):
        config = dataclasses.replace(Config.from_environment(), **settings)
        return create_app(config).test_client()

    return create


@pytest.fixture
def demonstrated(app, tmp_path):
    """A folder as `make run` makes it, with the key of the demo, over demo data."""
    run = app.test_cli_runner().invoke
    assert run(args=DEMO.split()).exit_code == 0
    assert run(args=["refresh-stats"]).exit_code == 0
    (tmp_path / ".data").mkdir()
    (tmp_path / ".data" / "api-key").write_text(run(args=DEMO_KEY.split()).output)
    # A refusal is a failure of the line.
    (tmp_path / ".curlrc").write_text("fail-with-body\n")
    return tmp_path


def operations():
    """The operations of the document by their ids."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def examples_of(page: str) -> dict[str, str]:
    """The examples of a page, by the ids of their operations."""
    return {name: html.unescape(text) for name, text in EXAMPLE.findall(page)}


def typed(example: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Type an example into a shell of someone who ran `make run` in a folder."""
    environment = {"PATH": os.environ["PATH"], "CURL_HOME": str(folder)}
    command = ["/bin/sh", "-eu", "-c", example]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_every_operation_shows_its_scope(page):
    shown = dict(OPERATION.findall(page))
    for name, (method, path, operation) in operations().items():
        scope = operation.get("x-required-scope")
        words = {None: "no key needed", "any": "any key"}.get(scope, f"scope {scope}")
        assert f'">{words}</span>' in shown[name], name
        assert f"<b>{method}</b> <code>{html.escape(path)}</code>" in shown[name]


def test_every_parameter_and_field_is_shown(page):
    shown = dict(OPERATION.findall(page))
    for name, (_, _, operation) in operations().items():
        for parameter in operation.get("parameters", ()):
            assert f"<code>{parameter['name']}</code>" in shown[name], (name, parameter)
    for name, schema in document()["components"]["schemas"].items():
        for field in schema.get("properties", {}):
            assert f"<code>{html.escape(field)}</code>" in shown[name], (name, field)


def test_every_link_within_the_page_leads_somewhere(page):
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {each[1:] for each in re.findall(r'href="(#[^"]+)"', page)} <= set(ids)


def test_one_link_leads_to_the_errors_and_one_to_the_guides(client, page):
    main = page[page.index("<main") : page.index("</main>")]
    links = [each for each in re.findall(r'href="([^"]+)"', main) if not each.startswith("#")]
    assert links == ["/docs/errors", "/guides/", "/openapi.json"]
    assert [client.get(each).status_code for each in links] == [200, 200, 200]


@pytest.mark.parametrize("path", ["/docs", "/docs/", "/docs/errors"])
def test_page_is_strict_small_and_of_this_host(client, path):
    answer = client.get(path, headers={"Accept-Encoding": "identity"})
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "data:" not in answer.headers["Content-Security-Policy"]
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"#]+)"', answer.text)
    assert len(loaded) == 3
    assert all(each.startswith("/assets/") for each in loaded)
    assert not re.search(r"<style|<script>| style=| on\w+=", answer.text)
    assert len(answer.data) < SMALL_ENOUGH


@pytest.mark.slow
def test_every_example_runs_as_it_is(demonstrated, server):
    page = server.request("GET", "/docs").text
    examples = examples_of(page)
    assert set(examples) == set(operations())
    refused = {}
    for name, example in examples.items():
        assert f"{server.url}/" in example
        done = typed(example, demonstrated)
        if done.returncode or "/docs/errors#" in done.stdout:
            refused[name] = json.loads(done.stdout)["code"]
    # The demo has no agents of a chain, and the page says so.
    assert refused == dict.fromkeys(OF_CHAINS, "AGENT_NOT_FOUND")
    shown = dict(OPERATION.findall(page))
    assert {name for name in shown if NONE_HERE in shown[name]} == OF_CHAINS


@pytest.mark.slow
def test_examples_of_chains_run_over_agents_of_a_chain(demonstrated, server, project):
    chain = Chain()
    chain.block(logs.registration(7, OWNER, b"ipfs://a"), [logs.feedback(7, CLIENT, 1)])
    project(chain)
    page = server.request("GET", "/docs").text
    assert NONE_HERE not in page
    for name in OF_CHAINS:
        done = typed(examples_of(page)[name], demonstrated)
        assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_example_takes_the_key_of_the_shell(demonstrated, server):
    example = examples_of(server.request("GET", "/docs").text)["get_key"]
    done = typed(f"API_KEY=kamiyo_wrong\n{example}", demonstrated)
    assert done.returncode == 22
    assert "/docs/errors#INVALID_API_KEY" in done.stdout


@pytest.mark.parametrize("host", ["a';id;'", 'a"$(id)', "a`id`", "a/b", "a b"])
def test_host_that_would_be_a_command_is_not_shown(client, host):
    answer = client.get("/docs/", headers={"Host": host})
    if answer.status_code == 200:
        for example in examples_of(answer.text).values():
            assert host not in example


def test_page_is_shown_over_no_data_and_without_a_database(page, elsewhere):
    without = elsewhere(database_url=NOWHERE, redis_url=None).get("/docs/")
    assert without.status_code == 200
    assert examples_of(without.text) == examples_of(page)


def test_page_is_shown_without_the_explorer(elsewhere):
    client = elsewhere(explorer=False)
    for path in ("/docs/", "/docs/errors"):
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', client.get(path).text)
        assert {client.get(each).status_code for each in links} == {200}
