"""`flask doctor` and the running service: what its metrics tell, and what that means."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import pytest
import requests

from bench.serving import serving
from tests.support import factories
from tests.support.concurrency import at_once, wait_until
from tests.support.doctor import NOWHERE, examined
from tests.support.triggers import trigger

AGENTS = "/api/v1/agents/"


@contextmanager
def locked(database_url, table):
    """Keep everybody from reading a table."""
    connection = psycopg2.connect(database_url)
    connection.cursor().execute(f"lock table {table} in access exclusive mode")
    yield
    connection.close()


@contextmanager
def answering(status, headers=(), body=b"", seen=None):
    """Another server than ours, which answers everything so; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if seen is not None:
                seen.append(dict(self.headers))
            self.send_response(status)
            for header in headers:
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def answering_pages(pages):
    """A server of these pages; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(pages[self.path].encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def proxied(url):
    """A reverse proxy before the service, which says for whom it asks; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            headers = {**self.headers, "X-Forwarded-For": "192.0.2.1"}
            answer = requests.get(url + self.path, headers=headers, timeout=10)
            self.send_response(answer.status_code)
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def web(addresses):
    """A service of its own, which has counted nothing yet."""
    with serving(**addresses) as started:
        yield started


def test_service_that_is_not_there_is_a_warning(doctor):
    found = doctor(url=NOWHERE)
    assert found["service"]["status"] == "warning"
    assert "refused" in found["service"]["figure"]
    assert found["service"]["cure"].startswith("sudo systemctl restart kamiyo-api")
    assert {check["status"] for check in found.report["checks"] if check["part"] == "service"} == {
        "warning",
        "unknown",
    }


@pytest.mark.parametrize("url", ["file:///etc/passwd", "127.0.0.1:8000", "http://[", "http://nx."])
def test_address_that_is_none_is_a_warning(doctor, url):
    assert doctor(url=url).status("service") == "warning"


def test_server_that_is_another_is_reported(doctor):
    with answering(200, body=b"<html>Welcome</html>") as url:
        found = doctor(url=url)["service"]
    assert found["status"] == "warning"
    assert "something else answers there" in found["figure"]


def test_token_follows_no_redirect(addresses):
    elsewhere = []
    with (
        answering(200, seen=elsewhere) as stranger,
        answering(302, headers=[("Location", stranger)]) as url,
    ):
        found = examined({**addresses, "METRICS_TOKEN": "a-token-of-mine"}, "--url", url)
    assert found.status("service") == "warning"
    assert elsewhere == []


def test_metrics_that_are_refused_need_the_token_of_the_service(addresses):
    token = {**addresses, "METRICS_TOKEN": "a-token-of-mine"}
    with serving(**token) as web, proxied(web.url) as url:
        refused = examined(addresses, "--url", url)
        allowed = examined(token, "--url", url)
    assert refused.status("service") == "ok"
    assert refused.status("metrics") == "warning"
    assert refused.status("latency") == "unknown"
    assert allowed.status("metrics") == "ok"
    assert "a-token-of-mine" not in json.dumps([refused.report, allowed.report])


def test_errors_and_failed_writes_are_reported(doctor, web, admin, sql):
    with trigger(sql, "erc8004_agents", "raise exception 'again' using errcode = '40001';"):
        answers = at_once(8, lambda _: register(web, admin))
    assert {answer.status_code for answer in answers} == {503}
    for _ in range(20):
        web.request("GET", AGENTS, headers=admin)
    found = doctor(url=web.url)
    assert found.exit_code == 2
    assert found["error-rate"]["status"] == "failing"
    assert found["error-rate"]["figure"].startswith("8 of 28 (28.6 %) requests failed")
    assert "TRANSACTION_FAILED 8" in found["error-rate"]["figure"]
    assert found["transactions"]["status"] == "failing"
    assert re.search(r", [1-9]\d* retries", found["transactions"]["figure"])


def register(web, headers):
    return web.request("POST", f"{AGENTS}register", json=factories.agent(), headers=headers)


def test_slow_answers_are_reported(doctor, web, admin, servers, app):
    def ask(number):
        path = f"{AGENTS}?limit={number + 1}"
        return web.request("GET", path, headers=admin).status_code

    for _ in range(3):
        with locked(servers.database_url, "erc8004_agent_search"):
            asking = threading.Thread(target=lambda: at_once(8, ask))
            asking.start()
            time.sleep(1.2)
        asking.join()
        app.extensions["kamiyo"].redis.connection.flushall()
    found = doctor(url=web.url)["latency"]
    assert found["status"] in ("warning", "failing")
    assert "at the slowest, /api/v1/agents/; should be below 500 ms" in found["figure"]


def test_pool_that_is_too_small_is_reported(addresses, admin):
    small = {**addresses, "DATABASE_POOL_SIZE": "1", "DATABASE_MAX_OVERFLOW": "0"}
    with serving(**small, DATABASE_POOL_TIMEOUT_MS="300") as web:
        web.request("GET", AGENTS, headers=admin)
        with locked(addresses["DATABASE_URL"], "erc8004_agent_search"):
            asking = threading.Thread(
                target=lambda: at_once(
                    8,
                    lambda number: web.request(
                        "GET", f"{AGENTS}?limit={number + 2}", headers=admin
                    ),
                )
            )
            asking.start()
            wait_until(lambda: "DATABASE_BUSY" in web.request("GET", "/metrics").text)
        asking.join()
        found = examined(small, "--url", web.url)["pool"]
    assert found["status"] == "warning"
    assert "DATABASE_POOL_SIZE=2" in found["cure"]


def test_refusals_for_rates_and_keys_are_reported(doctor, web, key_for):
    free = key_for(None, "read", tier="free")
    statuses = [web.request("GET", AGENTS, headers=free).status_code for _ in range(80)]
    assert (statuses.count(200), statuses.count(429)) == (60, 20)
    for _ in range(20):
        web.request("GET", AGENTS)
    found = doctor(url=web.url)
    assert found["rate-limits"]["status"] == "warning"
    assert re.fullmatch(
        r"20 of 100 \(20.0 %\) requests refused, by tier: free 20; the last one .* ago",
        found["rate-limits"]["figure"],
    )
    assert "--tier pro" in found["rate-limits"]["cure"]
    assert found["auth-failures"]["status"] == "warning"
    assert "for a key that is: missing 20; the last one " in found["auth-failures"]["figure"]
    assert found.status("error-rate") == "ok"


EVENT = re.compile(r"(?<=^erc8004_last_event_timestamp_seconds)({.*}) .*$", re.MULTILINE)


@contextmanager
def hours_later(url, hours):
    """What the service says, so many hours after the last event of each kind; the address."""
    last = time.time() - hours * 3600
    pages = {
        path: EVENT.sub(rf"\1 {last}", requests.get(url + path, timeout=10).text)
        for path in ("/health", "/metrics")
    }
    with answering_pages(pages) as address:
        yield address


def test_old_mistakes_and_errors_are_figures_and_no_findings(doctor, web, key_for, admin, sql):
    free = key_for(None, "read", tier="free")
    for _ in range(80):
        web.request("GET", AGENTS, headers=free)
    for _ in range(20):
        web.request("GET", AGENTS)
    with trigger(sql, "erc8004_agents", "raise exception 'again' using errcode = '40001';"):
        at_once(8, lambda _: register(web, admin))
    names = {"rate-limits", "auth-failures", "error-rate", "transactions"}
    with hours_later(web.url, 0.5) as url:
        assert names <= doctor(url=url).names("warning", "failing")
    with hours_later(web.url, 3) as url:
        found = doctor(url=url)
    assert names <= found.names("ok")
    assert found["rate-limits"]["figure"].endswith("by tier: free 20; the last one 3 h ago")


def test_address_that_guesses_keys_is_counted_as_refused_by_a_limit(doctor, web):
    wrong = {"Authorization": "Bearer kamiyo_wrong"}
    statuses = [web.request("GET", AGENTS, headers=wrong).status_code for _ in range(40)]
    assert (statuses.count(401), statuses.count(429)) == (30, 10)
    metrics = web.request("GET", "/metrics").text
    assert 'erc8004_rate_limit_exceeded_total{tier="none"} 10.0\n' in metrics
    found = doctor(url=web.url)
    assert found["rate-limits"]["figure"] == "0 of 40 (0.0 %) requests refused"
    assert found.status("auth-failures") == "warning"


def test_low_hit_rate_is_told_until_the_cache_serves(doctor, web, admin, app):
    client = app.extensions["kamiyo"].redis.connection
    for number in range(1, 51):
        web.request("GET", f"{AGENTS}?limit={number}", headers=admin)
        web.request("GET", f"{AGENTS}?limit={number}&chain=base", headers=admin)
    found = doctor(url=web.url)["cache-hit-rate"]
    assert found["status"] == "warning"
    assert found["figure"].startswith("0 of 100 (0.0 %) answers were hits")
    assert client.dbsize() > 100
    with requests.Session() as session:
        for _ in range(450):
            session.get(f"{web.url}{AGENTS}?limit=1", headers=admin, timeout=10)
    assert doctor(url=web.url).status("cache-hit-rate") == "ok"
