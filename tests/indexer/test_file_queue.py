"""The queue of the files: what is fetched when, and what is stored of it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kamiyo_api.indexer.files import queue
from kamiyo_api.indexer.files.fetching import Fetcher
from kamiyo_api.indexer.files.gateways import Gateways
from kamiyo_api.indexer.files.queue import (
    BATCH,
    MOST_OF_ONE_HOST,
    Found,
    leased,
    resolve_some,
    store,
)
from kamiyo_api.indexer.files.resolving import Resolver
from tests.support import ROOT, hosts
from tests.support.agent_files import GLOBAL, data, entry, naming
from tests.support.hosts import answering

FETCHES = """
select kind, status, reason, failures, due_at is null as is_final, due_at <= now() as is_due
from erc8004_file_fetches where agent_uuid = %s order by kind desc
"""


VERIFIED = data(naming(entry()))


@pytest.fixture
def fetches(sql):
    """The fetches of an agent."""
    return lambda agent: sql(FETCHES, agent)


@pytest.fixture
def agent_of(get):
    """An agent as the API answers it."""
    return lambda agent: get(f"/agents/{agent}")


def registration(agent):
    """What an answer says of the file."""
    names = ("status", "reason", "checked", "reference")
    return [agent[f"registration_{name}"] for name in names] + [agent["verified"]]


def test_file_is_pending_then_resolved_and_found_by_search(insert, resolve, agent_of, get):
    agent = insert(VERIFIED)
    before = agent_of(agent)
    assert registration(before) == ["pending", None, None, "not_resolved", None]
    assert (before["registration_file"], before["resolved_at"]) == (None, None)
    assert get("/agents/?verified=true")["total"] == 0
    assert resolve() == {"resolved": 1}
    after = agent_of(agent)
    assert registration(after) == ["resolved", None, True, "verified", True]
    assert after["registration_file"] == naming(entry())
    assert (len(after["registration_sha256"]), after["resolved_at"][:2]) == (64, "20")
    assert [each["agent_uuid"] for each in get("/agents/?verified=true&q=tides")["agents"]] == [
        agent
    ]
    assert get("/agents/?verified=false")["total"] == 0
    assert resolve() == {}


@pytest.mark.parametrize(
    ("registrations", "outcome"),
    [
        ([entry()], "verified"),
        ([entry("7")], "verified"),
        ([entry(1), entry(), "text"], "verified"),
        ([entry(registry=GLOBAL.upper().replace("EIP", "eip").replace("X", "x"))], "verified"),
        ([entry(8)], "names_another_agent"),
        ([entry(True)], "names_another_agent"),
        ([entry(8), {"agentRegistry": GLOBAL}], "names_another_agent"),
        ([{"agentRegistry": GLOBAL}], "id_missing"),
        ([entry(None)], "id_missing"),
        ([entry(registry=GLOBAL.replace("8453", "1"))], "names_no_agent_of_this_registry"),
        ([entry(8), entry(registry="eip155:1:0x00")], "names_another_agent"),
        ([{"agentId": 7}], "names_no_agent_of_this_registry"),
        ([{"agentId": 7}, {"agentRegistry": GLOBAL}], "id_missing"),
        ([], "no_registrations"),
        (["text", 1, None], "no_registrations"),
        ({"agentId": 7}, "no_registrations"),
        (None, "no_registrations"),
    ],
)
def test_one_entry_must_name_registry_and_agent(insert, resolve, agent_of, registrations, outcome):
    agent = insert(data({"registrations": registrations}))
    resolve()
    answer = agent_of(agent)
    assert answer["registration_reference"] == outcome
    assert answer["verified"] is (outcome == "verified")


def test_number_beyond_64_bit_is_compared_exactly(insert, resolve, agent_of):
    number = 2**200 + 1
    right = insert(data(naming(entry(number))), number)
    wrong = insert(data(naming(entry(number + 1))), number + 3)
    resolve()
    assert agent_of(right)["registration_reference"] == "verified"
    assert agent_of(wrong)["registration_reference"] == "names_another_agent"


@pytest.mark.parametrize(
    ("token_uri", "options"),
    [
        (None, {}),
        (VERIFIED, {"claimed": True}),
        (VERIFIED, {"agent_id": 2**256 + 5}),
        (VERIFIED, {"file": '{"name": "Posted"}'}),
    ],
)
def test_file_of_nobodys_registry_or_that_was_posted_is_not_fetched(
    insert, resolve, agent_of, token_uri, options
):
    agent = insert(token_uri, **options)
    assert resolve() == {}
    assert registration(agent_of(agent)) == [None] * 5


def test_failure_is_stored_with_its_reason_and_the_next_try(insert, resolve, agent_of, fetches):
    wrong = insert("http://files.example/", 1)
    inner = insert("https://127.0.0.1/", 2)
    odd = insert(data([]), 3)
    assert resolve() == {"http_refused": 1, "address_refused": 1, "not_an_object": 1}
    assert registration(agent_of(wrong)) == ["failed", "http_refused", None, "not_resolved", False]
    assert [fetches(each)[0]["is_final"] for each in (wrong, inner, odd)] == [True, False, True]
    assert [fetches(each)[0]["is_due"] for each in (wrong, inner, odd)] == [None, False, None]
    assert resolve() == {}


def test_new_uri_is_fetched_at_once_and_proves_nothing_before(insert, resolve, agent_of, get, sql):
    agent = insert(VERIFIED)
    resolve()
    sql("update erc8004_agents set token_uri = %s where id = %s", data(naming(entry(8))), agent)
    assert get("/agents/?verified=true&min_feedback=0")["total"] == 0
    assert sql("select status, reference from erc8004_file_fetches") == [
        {"status": "pending", "reference": None}
    ]
    assert resolve() == {"resolved": 1}
    assert agent_of(agent)["registration_reference"] == "names_another_agent"


def test_result_for_a_former_uri_is_dropped(insert, resolver, resolve, agent_of, sql):
    agent = insert(VERIFIED)
    (job,) = leased(BATCH)
    sql("update erc8004_agents set token_uri = %s where id = %s", data({"name": "New"}), agent)
    store(job, Found(None, resolver.resolve(job.uri)))
    assert agent_of(agent)["registration_status"] == "pending"
    resolve()
    assert agent_of(agent)["registration_file"] == {"name": "New"}


def test_leased_fetch_is_no_other_process_s_until_the_lease_ends(insert, app, sql):
    insert(VERIFIED)
    first, second = leased(BATCH), leased(BATCH)
    assert (len(first), second) == (1, [])
    sql("update erc8004_file_fetches set due_at = now()")
    assert [job.lease for job in leased(BATCH)] == [first[0].lease + 1]


def test_file_that_is_posted_later_ends_the_fetches(insert, resolve, agent_of, sql):
    agent = insert(VERIFIED)
    resolve()
    posted = "update erc8004_agents set registration_file = %s where id = %s"
    sql(posted, '{"name": "Posted"}', agent)
    assert sql("select from erc8004_file_fetches") == []
    assert sql("select verified from erc8004_agent_search") == [{"verified": False}]
    assert agent_of(agent)["registration_file"] == {"name": "Posted"}


def test_agent_that_a_registry_confirms_is_fetched(insert, resolve, agent_of, sql):
    agent = insert(VERIFIED, claimed=True, file='{"name": "Claimed"}')
    sql("update erc8004_agents set claimed = false where id = %s", agent)
    assert resolve() == {"resolved": 1}
    assert agent_of(agent)["registration_file"] == naming(entry())


def test_deleted_agent_has_no_fetches(insert, sql):
    agent = insert(VERIFIED)
    sql("delete from erc8004_agents where id = %s", agent)
    assert sql("select from erc8004_file_fetches") == []


def test_resolved_file_outlives_four_failures_and_proves_nothing_after_five(
    insert, resolver, resolve, agent_of, get, sql
):
    agent = insert(VERIFIED)
    resolve()
    failure = resolver_failure(resolver)
    for times in range(1, 6):
        sql("update erc8004_file_fetches set due_at = now()")
        (job,) = leased(BATCH)
        store(job._replace(token_uri="https://127.0.0.1/"), failure)
        answer = agent_of(agent)
        is_kept = times < 5
        assert answer["registration_status"] == ("resolved" if is_kept else "failed")
        assert answer["registration_reason"] == "address_refused"
        assert answer["verified"] is is_kept
        assert get("/agents/?verified=true")["total"] == is_kept
    assert answer["registration_file"] == naming(entry())


def resolver_failure(resolver):
    """A failure that may pass."""
    job = queue.Job("", "registration", 0, None, "https://127.0.0.1/", False, "", "0")
    return queue.found_by(resolver, job)


def test_odd_file_is_stored_escaped_and_marked(insert, resolve, agent_of):
    content = base64.b64encode(b'{"name": "a\\u0000b\xff\\ud800", "n": 1e-99999}').decode()
    agent = insert(f"data:;base64,{content}")
    assert resolve() == {"resolved": 1}
    mark = agent_of(agent)["unstorable"]["registration_file"]
    assert mark["reasons"] == ["invalid_utf8", "nul", "number", "surrogate"]
    assert agent_of(agent)["registration_file"]["name"] == "a\ufffe0000b\ufffexff\ufffed800"


def test_file_that_grows_in_the_database_is_too_large(insert, resolve, agent_of):
    agent = insert("data:," + json.dumps({"n": [0] * 25_000}, separators=(",", ":")))
    assert resolve() == {"too_large": 1}
    assert agent_of(agent)["registration_reason"] == "too_large"


def test_file_that_only_a_gateway_vouches_for_does_not_verify(insert, app, agent_of, get):
    with hosts.host(None, "127.0.0.1") as gateway, ThreadPoolExecutor(1) as pool:
        name = "a" * 43
        gateway.behaviours[f"/{name}"] = answering(json.dumps(naming(entry())).encode())
        urls = [f"http://127.0.0.1:{gateway.port}"]
        agent = insert(f"ar://{name}")
        resolve_some(Resolver(Fetcher(), Gateways(Fetcher(), (), urls)), pool)
    assert registration(agent_of(agent)) == ["resolved", None, False, "verified", None]
    assert get("/agents/?verified=true")["total"] == 0


def test_no_host_is_asked_for_many_files_at_once(insert, resolve, sql):
    for number in range(MOST_OF_ONE_HOST * 2 + 1):
        insert(f"https://127.0.0.1/{number}", number)
    other = insert(VERIFIED, 100)
    outcomes = resolve()
    assert outcomes == {
        "address_refused": MOST_OF_ONE_HOST,
        "postponed": MOST_OF_ONE_HOST + 1,
        "resolved": 1,
    }
    assert sql("select status from erc8004_file_fetches where agent_uuid = %s", other) == [
        {"status": "resolved"}
    ]


@pytest.mark.slow
def test_command_resolves_until_nothing_is_due(insert, agent_of, database_url):
    agents = [
        insert(VERIFIED if number == 7 else "http://x.example", number) for number in range(9)
    ]
    done = subprocess.run(
        [Path(sys.executable).parent / "flask", "--app", "wsgi", "resolve-files", "--once"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "http_refused 8, resolved 1\n"
    assert agent_of(agents[7])["verified"] is True


def test_what_waited_for_a_gateway_is_due_once_there_is_one(insert, resolve, session_app, sql):
    insert(f"ar://{'a' * 43}")
    assert resolve() == {"no_gateway": 1}
    config = session_app.extensions["kamiyo"].config
    queue.expect_gateways(config)
    assert resolve() == {}
    queue.expect_gateways(replace(config, arweave_gateways=["https://gateway.example"]))
    assert resolve() == {"no_gateway": 1}


def test_defect_ends_the_work_for_no_other_file(insert, app, resolver, sql):
    class Failing(Resolver):
        def resolve(self, uri):
            if uri == "https://defect.example/":
                raise ZeroDivisionError
            return super().resolve(uri)

    insert("https://defect.example/", 1)
    insert(VERIFIED, 7)
    failing = Failing(Fetcher(), Gateways(Fetcher(), (), ()))
    with ThreadPoolExecutor(1) as pool:
        assert resolve_some(failing, pool) == {"defect": 1, "resolved": 1}
