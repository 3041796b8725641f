"""What nginx in front keeps from the service, and what it says for it."""

from __future__ import annotations

import re
import subprocess
from contextlib import ExitStack

import pytest

from bench.serving import ROOT, Server, serving
from kamiyo_api.dev.databases import free_port
from tests.support.nginx import configure, nginx
from tests.support.programs import needed
from tests.support.raw_http import ANNOUNCED, LAST_LIVE, ask, dial, read


@pytest.fixture(scope="module")
def web(session_app):
    """The service behind nginx."""
    with serving(TRUSTED_PROXIES="1") as started, nginx(started) as front:
        yield front


def test_command_lines_of_the_guide_install_what_nginx_takes(tmp_path):
    text = (ROOT / "ops" / "README.md").read_text()
    (block,) = re.findall(r"^## nginx\n.*?^```bash\n(.*?)^```", text, re.M | re.DOTALL)
    lines = block.splitlines()
    assert lines[0] == "apt-get install nginx"
    assert lines[-1] == "systemctl restart nginx kamiyo-api"
    script = "\n".join(lines[1:-1]).replace("/etc/nginx/", f"{tmp_path}/")
    installed = "\n".join(line for line in script.splitlines() if line.startswith("install"))
    subprocess.run(["/bin/sh", "-ec", installed], check=True, cwd=ROOT)
    names = ("nginx.conf", "kamiyo-api.conf")
    for name in names:
        assert (tmp_path / name).read_text() == (ROOT / "ops" / "nginx" / name).read_text()
    config = configure(tmp_path, "127.0.0.1:8000", free_port())
    test = [needed("nginx"), "-t", "-p", tmp_path, "-e", "stderr", "-c", config]
    done = subprocess.run(test, capture_output=True, text=True)
    assert (done.returncode, "test is successful" in done.stderr) == (0, True), done.stderr
    assert "[warn]" not in done.stderr


@pytest.mark.parametrize("forged", [{}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=::1"}])
def test_nobody_is_loopback_through_nginx(web, forged):
    assert web.request("GET", "/metrics", headers=forged).status_code == 401


def test_id_of_a_request_is_the_clients_or_a_new_one(web):
    given = web.request("GET", "/health/live", headers={"X-Request-ID": "mine-1"})
    assert given.headers["X-Request-ID"] == "mine-1"
    made = web.request("GET", "/health/live", headers={"X-Request-ID": "no <id>"})
    assert re.fullmatch("[0-9a-f]{32}", made.headers["X-Request-ID"])
    refused = ask(web, ANNOUNCED[:-2].replace(b"%d", b"9999999") + b"X-Request-ID: mine-2\r\n\r\n")
    assert refused.problem["request_id"] == "mine-2"


def test_service_that_is_away_is_said_so():
    with nginx(Server(f"http://127.0.0.1:{free_port()}", ROOT)) as front:
        answer = ask(front, LAST_LIVE)
    assert answer.outcome == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"


def test_address_with_64_requests_under_way_waits(web):
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(dial(web)).sendall(ANNOUNCED % 100)
        outcomes = set()
        while outcomes != {429}:
            answer = ask(web, LAST_LIVE)
            outcomes = {answer.status}
        assert answer.outcome == (429, "TOO_MANY_CONNECTIONS")
        assert answer.headers["retry-after"] == "1"
    assert read_later(web) == 200


def read_later(web):
    """The status of a request once nginx has noticed that the others are gone."""
    while True:
        with dial(web) as sock:
            sock.sendall(LAST_LIVE)
            status = read(sock).status
        if status != 429:
            return status
