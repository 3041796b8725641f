"""A copy of the database with the same Redis, and a database that was restored: the cache gives
each its own answers, and none those of another."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess

import psycopg2
import pytest
from psycopg2.extras import RealDictCursor

from kamiyo_api import create_app, outages
from kamiyo_api.access import keys
from kamiyo_api.cache import answers, state
from kamiyo_api.config import Config
from kamiyo_api.db import schema
from kamiyo_api.dev.databases import bundled_postgres, embedded_postgres
from kamiyo_api.trust.refresh import refresh_stats
from tests.support import factories

AGENTS = "/api/v1/agents/"
TABLES = "erc8004_agents, erc8004_stats_refreshes"


def run(program, *words):
    """Run a program of PostgreSQL."""
    done = subprocess.run([bundled_postgres() / program, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def psql(address, *statements):
    """Run SQL as an operator; the rows of the last statement."""
    connection = psycopg2.connect(address, cursor_factory=RealDictCursor)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def marks(address):
    """What tells a database from others."""
    (row,) = psql(address, "select erc8004_database_marks() as marks")
    return row["marks"]


def identity(address):
    """The same in short."""
    (row,) = psql(address, "select erc8004_database_identity() as identity")
    return row["identity"]


class Service:
    """The service on a database, with the Redis of all, and a key that may do everything."""

    def __init__(self, address):
        config = dataclasses.replace(Config.from_environment(), database_url=address)
        self.app = create_app(config)
        self.client = self.app.test_client()
        with self.app.app_context():
            schema.migrate()
            secret = keys.create("any", "enterprise", ("read", "write", "admin"), None, None)
        self.headers = {"Authorization": f"Bearer {secret}"}

    def read(self, path):
        answer = self.client.get(AGENTS + path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json

    def write(self, method, path, **body):
        answer = self.client.open(AGENTS + path, method=method, json=body, headers=self.headers)
        assert answer.status_code < 300, answer.text
        return answer.json

    def do(self, call):
        with self.app.app_context():
            return call()

    def check_again(self):
        """Let what the database is be asked for now, not within a second."""
        self.app.extensions["kamiyo"].cache_state.check_again()


@pytest.fixture
def database(app, servers):
    """Make databases that end with the test; their addresses."""
    made = []

    def make(name, template="template0"):
        psql(servers.database_url, f"create database {name} template {template}")
        made.append(name)
        return servers.database_url.replace("/kamiyo?", f"/{name}?")

    yield make
    for name in made:
        psql(servers.database_url, f"drop database {name} with (force)")


@pytest.fixture
def production(database):
    """The service in production."""
    service = Service(database("production"))
    yield service
    service.app.extensions["kamiyo"].db._pool.dispose()


@pytest.fixture
def redis(app):
    """The Redis of all."""
    return app.extensions["kamiyo"].redis.connection


def dump(address, path):
    run("pg_dump", "--format=custom", f"--file={path}", f"--dbname={address}")


def copied(address, database, tmp_path):
    """The address of a database that a dump was restored into."""
    dump(address, tmp_path / "dump")
    copy = database("exercise")
    run("pg_restore", "--exit-on-error", f"--dbname={copy}", tmp_path / "dump")
    return copy


def address_of(service):
    return service.app.extensions["kamiyo"].config.database_url


def held_by(redis):
    """All that Redis holds of the cache."""
    return {name: redis.get(name) for name in redis.keys("erc8004:*")}


def test_exercise_neither_reads_nor_changes_what_production_caches(
    production, database, redis, tmp_path
):
    agent = production.write("POST", "register", **factories.agent())["agent_uuid"]
    production.do(refresh_stats)
    exercise = Service(copied(address_of(production), database, tmp_path))
    paths = ("?", agent, f"{agent}/stats", f"{agent}/reputation")
    # Redis learns its scripts with the first reads, and forgets then what it may have of old.
    before = [[production.read(path) for path in paths] for _ in range(2)][-1]
    cached = held_by(redis)

    exercise.write("PATCH", agent, status="suspended")
    exercise.write("POST", "register", **factories.agent())
    for _ in range(3):
        exercise.do(refresh_stats)
    assert exercise.read(agent)["status"] == "suspended"
    assert exercise.read("?status=any")["total"] == 2
    exercise.do(lambda: answers.ERC8004Cache().invalidate_agent(agent))
    exercise.do(lambda: answers.ERC8004Cache().invalidate_all())
    exercise.do(lambda: answers.ERC8004Cache().clear())

    assert cached.items() <= held_by(redis).items()
    hits = production.do(lambda: answers.ERC8004Cache().hits)
    assert [production.read(path) for path in paths] == before
    assert production.do(lambda: answers.ERC8004Cache().hits) == hits + len(paths)
    exercise.app.extensions["kamiyo"].db._pool.dispose()


CLEAN = ("pg_restore", "--clean", "--if-exists")
DATA_ONLY = ("pg_restore", "--data-only", "--disable-triggers")


@pytest.mark.parametrize("restore", [CLEAN, DATA_ONLY])
def test_restored_database_shows_nothing_of_the_future_that_it_lost(
    production, redis, tmp_path, restore
):
    agent = production.write("POST", "register", **factories.agent())["agent_uuid"]
    address = address_of(production)
    dump(address, tmp_path / "dump")
    production.write("PATCH", agent, status="suspended")
    production.do(refresh_stats)
    paths = (f"{agent}/stats", agent)
    assert [production.read(path)["status"] for path in paths] == ["suspended"] * 2

    if restore is DATA_ONLY:
        (row,) = psql(
            address,
            "select string_agg(relname, ', ') as names from pg_class "
            "where relnamespace = 'public'::regnamespace and relkind = 'r'",
        )
        psql(address, f"truncate {row['names']} cascade")
    run(*restore, "--exit-on-error", f"--dbname={address}", tmp_path / "dump")
    production.check_again()

    assert [production.read(path)["status"] for path in paths] == ["active"] * 2
    assert production.read("?")["total"] == 1


def test_number_of_the_newest_refresh_that_goes_back_makes_all_stale(production, redis):
    agent = production.write("POST", "register", **factories.agent())["agent_uuid"]
    address = address_of(production)
    production.do(refresh_stats)
    assert production.read(f"{agent}/stats")["status"] == "active"
    psql(
        address,
        "update erc8004_agents set status = 'suspended'",
        "delete from erc8004_stats_refreshes "
        "where id = (select max(id) from erc8004_stats_refreshes)",
    )
    production.check_again()
    assert [production.read(path)["status"] for path in (agent, f"{agent}/stats")] == [
        "suspended",
        "suspended",
    ]
    hits = production.do(lambda: answers.ERC8004Cache().hits)
    assert production.read(agent)["status"] == "suspended"
    assert production.do(lambda: answers.ERC8004Cache().hits) == hits + 1


def test_write_by_a_worker_that_did_not_notice_yet_shows_once_it_does(production, monkeypatch):
    monkeypatch.setattr(state, "RECHECK_SECONDS", 3600)
    address = address_of(production)
    other = Service(address)
    agent = production.write("POST", "register", **factories.agent())["agent_uuid"]
    assert production.read(agent)["status"] == "active"
    before = identity(address)
    psql(address, "vacuum full erc8004_agents")
    assert identity(address) != before
    other.check_again()
    assert other.read(agent)["status"] == "active"

    production.write("PATCH", agent, status="suspended")
    production.check_again()
    production.read("?")

    assert [each.read(agent)["status"] for each in (other, production)] == ["suspended"] * 2
    other.app.extensions["kamiyo"].db._pool.dispose()


def test_command_of_a_new_process_forgets_no_more_than_it_says(production):
    one, other = (
        production.write("POST", "register", **factories.agent())["agent_uuid"] for _ in range(2)
    )
    for _ in range(2):
        assert {production.read(agent)["status"] for agent in (one, other)} == {"active"}
    shell = Service(address_of(production))
    shell.do(lambda: answers.ERC8004Cache().invalidate_agent(one))
    hits = production.do(lambda: answers.ERC8004Cache().hits)
    production.read(other)
    assert production.do(lambda: answers.ERC8004Cache().hits) == hits + 1
    production.read(one)
    assert production.do(lambda: answers.ERC8004Cache().hits) == hits + 1
    shell.app.extensions["kamiyo"].db._pool.dispose()


def test_process_that_never_saw_its_database_is_given_nothing(app, make_agent, get):
    agent = make_agent()["agent_uuid"]
    get(f"/agents/{agent}")
    nowhere = dataclasses.replace(
        Config.from_environment(), database_url="postgresql://postgres@127.0.0.1:1/kamiyo"
    )

    def unavailable():
        raise outages.DatabaseUnavailable

    with (
        create_app(nowhere).app_context(),
        pytest.raises(outages.DatabaseUnavailable),
    ):
        answers.cached_agent("agent", agent, unavailable)


def test_database_made_from_another_is_another(production, database):
    address = address_of(production)
    production.app.extensions["kamiyo"].db._pool.dispose()
    copy = database("exercise", template="production")
    assert differing(marks(address), marks(copy)) == {"database"}
    assert identity(address) != identity(copy)


@pytest.fixture
def server(tmp_path):
    """Run a PostgreSQL of its own on a folder's files."""
    return lambda folder: embedded_postgres(tmp_path / folder, throwaway=False)


def test_copy_of_the_files_is_another_and_what_is_emptied_too(app, server, tmp_path):
    with server("first") as address:
        service = Service(address)
        service.app.extensions["kamiyo"].db._pool.dispose()
        first = marks(address)
        psql(address, f"truncate {TABLES} cascade")
        emptied = marks(address)
        psql(
            address,
            "create role limited login",
            "revoke execute on function pg_control_system(), pg_current_wal_lsn() from public",
        )
        limited = marks(address.replace("postgres@", "limited@"))
        assert limited == {**emptied, "server": None, "timeline": None}
        assert identity(address.replace("postgres@", "limited@")) != identity(address)
    assert differing(first, emptied) == {"agents", "refreshes"}
    shutil.copytree(tmp_path / "first", tmp_path / "copied", symlinks=True)
    take_over(tmp_path / "first", tmp_path / "copied")
    with server("copied") as address:
        assert differing(emptied, marks(address)) == {"started"}
    promoted = tmp_path / "copied" / "postgres"
    (promoted / "recovery.signal").touch()
    with (promoted / "postgresql.auto.conf").open("a") as file:
        file.write("restore_command = 'false'\n")
    with server("copied") as address:
        assert differing(emptied, marks(address)) == {"started", "timeline"}


def differing(one, other):
    """The names of the marks that differ."""
    return {name for name in one if one[name] != other[name]}


def take_over(source, copy):
    """Give the files of a copy to who owned those that were copied."""
    for path in (copy, *copy.rglob("*")):
        owner = (source / path.relative_to(copy)).lstat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
