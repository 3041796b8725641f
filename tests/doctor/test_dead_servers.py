"""`flask doctor` and dead servers: one finding each, and a fix for the state they are in."""

from __future__ import annotations

import dataclasses
import re
import signal
import subprocess

import pytest

from bench.serving import serving
from kamiyo_api import config
from kamiyo_api.doctor import commands, unavailable
from kamiyo_api.doctor.components import database_unavailable
from tests.support.doctor import NOWHERE, examined, shell, typed
from tests.support.servers import breakable_servers

ON_SERVER = "sudoedit /etc/kamiyo-api/environment"


@pytest.fixture
def configure(app, monkeypatch):
    """Change settings of the application."""

    def change(**settings):
        changed = dataclasses.replace(app.extensions["kamiyo"].config, **settings)
        monkeypatch.setattr(app.extensions["kamiyo"], "config", changed)

    return change


@pytest.mark.slow
def test_dead_database_is_said_once(tmp_path_factory):
    with breakable_servers(tmp_path_factory.mktemp("dead")) as servers:
        assert typed(servers.addresses, "migrate").returncode == 0
        with serving(**servers.addresses) as web:
            servers.postgres.end(signal.SIGKILL)
            told = typed(servers.addresses, "doctor", "--url", web.url)
            found = examined(servers.addresses, "--url", web.url)
    assert told.returncode == found.exit_code == 2
    about = [
        line for line in told.stdout.splitlines() if re.match(r"\w+ .*(database|PostgreSQL)", line)
    ]
    assert [line[:18] for line in about] == [
        "unknown  left out ",
        "failing  database:",
    ]
    left_out = re.findall("^unknown  left out until database is fixed: (.*)$", told.stdout, re.M)
    assert set(left_out[0].split(", ")) == found.names("unknown") - {"worker-memory"}
    assert {"service", "view-age", "migrations"} & found.names("unknown") == {"service", "view-age"}


@pytest.mark.parametrize(
    ("cause", "fix"),
    [
        ("connection refused", "sudo systemctl restart postgresql"),
        ("the database system is starting up", "flask doctor  # again in a minute"),
        ('database "kamiyo" does not exist', "sudo -u postgres createdb -O kamiyo kamiyo"),
        ('role "kamiyo" does not exist', "sudo -u postgres createuser --pwprompt kamiyo"),
        ("password authentication failed", f"{ON_SERVER}  # correct DATABASE_URL"),
        ("no pg_hba.conf entry for host", f"{ON_SERVER}  # correct DATABASE_URL"),
        ('could not translate host name "db"', f"{ON_SERVER}  # correct DATABASE_URL"),
    ],
)
def test_fix_of_the_database_is_for_the_cause(configure, cause, fix):
    configure(database_url="postgresql://kamiyo:secret@127.0.0.1/kamiyo")
    assert database_unavailable(cause).finding.fix == fix


def test_fix_is_typed_where_the_server_is(configure):
    configure(database_url="postgresql://kamiyo:secret@db.example/kamiyo")
    assert commands.restart("postgresql") == "sudo systemctl restart postgresql  # on db.example"
    assert commands.end_session(7) == (
        'psql -h db.example -U postgres -d kamiyo -c "select pg_terminate_backend(7)"'
    )
    assert unavailable.fix_of_database('role "kamiyo" does not exist').endswith("# on db.example")


def test_what_needs_a_superuser_is_run_as_one(configure):
    configure(database_url="postgresql://kamiyo:secret@localhost/kamiyo")
    psql = "sudo -u postgres psql -d kamiyo -c "
    assert commands.switch_on(["fsync"]) == (
        f'{psql}"alter system set fsync = on"; {psql}"select pg_reload_conf()"'
    )
    assert commands.end_idle().startswith(psql)


@pytest.mark.parametrize(
    ("cause", "fix"),
    [
        ("Connection refused", "sudo systemctl restart redis"),
        ("NOAUTH Authentication required.", f"{ON_SERVER}  # correct REDIS_URL"),
        ("Redis is loading the dataset in memory", "flask doctor  # again in a minute"),
    ],
)
def test_fix_of_redis_is_for_the_cause(app, cause, fix):
    assert unavailable.fix_of_redis(cause) == fix


def test_database_that_does_not_exist_is_created_by_the_fix(addresses, servers, sql):
    address = servers.database_url.replace("/kamiyo?", "/not_yet?")
    found = examined({**addresses, "DATABASE_URL": address})["database"]
    assert found["cure"] == "sudo -u postgres createdb -O postgres not_yet"
    without_sudo = found["cure"].removeprefix("sudo -u postgres ")
    host = re.search(r"host=([^&]+)", address)[1]
    try:
        shell(f"{without_sudo} -h {host} -U postgres", servers.database_url)
        assert examined({**addresses, "DATABASE_URL": address}).status("database") == "ok"
    finally:
        sql("drop database if exists not_yet with (force)")


def test_beside_make_run_the_fix_is_to_start_it_again_at_its_port(
    app, configure, monkeypatch, tmp_path
):
    written = tmp_path / "servers.json"
    url = app.extensions["kamiyo"].config.database_url
    written.write_text(f'{{"DATABASE_URL": "{url}", "PORT": "9000"}}')
    monkeypatch.setattr(config, "LOCAL_SERVERS", written)
    fix = commands.set_and_restart("DATABASE_POOL_SIZE=9")
    assert fix == (
        "DATABASE_POOL_SIZE=9 make run PORT=9000"
        "  # first stop the running one, with Ctrl-C in its terminal"
    )
    done = subprocess.run(["/bin/sh", "-n", "-c", fix], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert commands.search_log("x").startswith("curl -sS http://127.0.0.1:9000/metrics | grep ")


def test_dead_redis_leaves_out_its_checks_in_one_line(addresses):
    settings = {**addresses, "REDIS_URL": "redis://127.0.0.1:1/0"}
    told = typed(settings, "doctor", "--url", NOWHERE).stdout
    (left_out,) = re.findall("^unknown  left out until redis is fixed: (.*)$", told, re.M)
    assert "redis-memory" in left_out.split(", ")
    assert told.count("127.0.0.1:1") == 2
