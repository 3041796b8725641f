"""A domain that serves the registration of its agent proves that it knows it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from kamiyo_api.indexer.files.fetching import Fetcher
from kamiyo_api.indexer.files.gateways import Gateways
from kamiyo_api.indexer.files.queue import (
    MOST_OF_ONE_HOST,
    Job,
    resolve_some,
    spread,
)
from kamiyo_api.indexer.files.references import domains_of
from kamiyo_api.indexer.files.resolving import Resolver
from tests.support import hosts
from tests.support.agent_files import data, entry, naming
from tests.support.hosts import NAME, answering


@pytest.fixture
def agent_of(get):
    """An agent as the API answers it."""
    return lambda agent: get(f"/agents/{agent}")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return hosts.Authority(tmp_path_factory.mktemp("authority"), NAME)


def test_domain_proves_that_it_knows_the_agent(authority, insert, app, agent_of, sql):
    def resolve(server):
        fetcher = Fetcher(hosts.is_allowed, hosts.look_up_here, authority.trusted())
        with ThreadPoolExecutor(1) as pool:
            return resolve_some(Resolver(fetcher, Gateways(fetcher, (), ())), pool)

    with hosts.host(authority.serving()) as server:
        path = "/.well-known/agent-registration.json"
        server.behaviours[path] = answering(json.dumps(naming(entry())).encode())
        domain = f"{NAME}:{server.port}"
        service = {"name": "MCP", "endpoint": f"https://{domain}/mcp"}
        file = naming(entry(), services=[{"name": "web", "endpoint": "http://a.example"}, service])
        agent = insert(data(file))
        assert resolve(server) == {"resolved": 1}
        before = agent_of(agent)
        assert (before["domain"], before["domain_proof"]) == (domain, None)
        assert resolve(server) == {"resolved": 1}
        assert agent_of(agent)["domain_proof"] == "verified"
        server.behaviours[path] = answering(status="404 Not Found")
        sql("update erc8004_file_fetches set due_at = now(), status = 'pending'")
        assert resolve(server) == {"resolved": 1, "not_found": 1}
        after = agent_of(agent)
        assert (after["domain_proof"], after["domain_reason"]) == ("not_resolved", "not_found")
        assert after["verified"] is True


def test_any_domain_of_the_services_proves_the_agent(authority, insert, app, agent_of):
    path = "/.well-known/agent-registration.json"
    with hosts.host(authority.serving()) as server, ThreadPoolExecutor(1) as pool:
        fetcher = Fetcher(hosts.is_allowed, hosts.look_up_here, authority.trusted())
        resolver = Resolver(fetcher, Gateways(fetcher, (), ()))
        server.behaviours[path] = answering(json.dumps(naming(entry())).encode())
        domain = f"{NAME}:{server.port}"
        places = ["https://nowhere.example/a", "https://nowhere.example/b", f"https://{domain}/c"]
        services = [{"name": "MCP", "endpoint": place} for place in places]
        agent = insert(data(naming(entry(), services=services)))
        resolve_some(resolver, pool)
        assert agent_of(agent)["domain"] == "nowhere.example"
        assert resolve_some(resolver, pool) == {"resolved": 1}
        found = agent_of(agent)
        assert (found["domain"], found["domain_proof"]) == (domain, "verified")


def test_few_domains_are_asked_for_an_agent():
    services = [{"endpoint": f"https://a{number}.example/x"} for number in range(9)]
    endpoints = {"services": services[:1] * 3, "endpoints": services}
    assert domains_of(endpoints) == [f"a{number}.example" for number in range(5)]


def test_no_other_domain_of_many_agents_is_asked_at_once():
    jobs = [
        Job("", "domain", 1, [f"a{number}.example", "b.example"], "", False, "", "1")
        for number in range(MOST_OF_ONE_HOST * 2)
    ]
    now, later = spread(jobs)
    assert (len(now), len(later)) == (MOST_OF_ONE_HOST, MOST_OF_ONE_HOST)
