"""`make watch`: Prometheus beside a running service."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
import requests
import yaml

from bench.serving import ROOT
from kamiyo_api.dev.databases import free_port
from kamiyo_api.dev.processes import run_process
from tests.support.concurrency import wait_until
from tests.support.programs import needed

pytestmark = pytest.mark.slow

PROMETHEUS = ROOT / "ops" / "prometheus"
RULES = {
    rule.get("alert") or rule["record"]
    for group in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
}


@pytest.fixture
def clone(tmp_path):
    """The part of a clone that `make watch` needs."""
    shutil.copytree(PROMETHEUS, tmp_path / "ops" / "prometheus")
    return tmp_path


def test_watch_shows_the_service_and_its_rules(clone, server):
    needed("prometheus")
    port = free_port()
    environment = {**os.environ, "PORT": server.url.rpartition(":")[2], "WATCH_PORT": str(port)}
    script = clone / "ops" / "prometheus" / "watch"

    def ask(path):
        try:
            return requests.get(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10).json()["data"]
        except (requests.RequestException, KeyError):
            return None

    def is_up():
        targets = (ask("targets?state=active") or {}).get("activeTargets", [])
        return [target["health"] for target in targets] == ["up"]

    with run_process(
        [script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as watch:
        wait_until(is_up, seconds=60)
        rules = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
        again = subprocess.run([script], env=environment, capture_output=True, text=True)
    said = watch.stdout.read().decode()
    assert f"http://127.0.0.1:{port}/alerts" in said
    assert watch.stderr.read() == b""
    watch.stdout.close()
    watch.stderr.close()
    assert {rule["name"] for rule in rules} == RULES
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
    assert again.returncode == 1
    assert again.stderr == (
        f"make watch: port {port} is in use; choose another: make watch WATCH_PORT=9091\n"
    )
    assert (clone / ".data" / "prometheus" / "data").is_dir()


def test_watch_without_prometheus_says_so_in_one_line(clone, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname"):
        (programs / name).symlink_to(shutil.which(name))
    done = subprocess.run(
        [shutil.which("bash"), clone / "ops" / "prometheus" / "watch"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "make watch: Prometheus is not installed; on Debian: apt-get install prometheus\n"
    )
