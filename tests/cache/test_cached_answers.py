"""The cache: what is kept where, what ends it, and what it costs the database."""

from __future__ import annotations

import io
import json
import time

import pytest

from kamiyo_api.cache.answers import ERC8004Cache, cached_agent
from kamiyo_api.importer.agents import import_file
from kamiyo_api.trust.refresh import refresh_stats
from kamiyo_api.trust.report import answer_on
from kamiyo_api.web.json import timestamp
from tests.support.clearing import by_command, by_flush, by_keys, by_scan
from tests.support.clients import outcome
from tests.support.endpoints import AGENTS, FAR_UUID

OTHER = "0x" + "ab" * 20
FIRST_PAGE = "search:claimed=false&limit=50&offset=0&sort=-registered_at&status=active"


def kept(redis):
    """The keys of answers; refresh, generation and version are the cache's own."""
    own = {"refresh", "generation", "search:version"}
    names = {key.decode().split(":", 2)[2] for key in redis.keys("erc8004:*")}
    return names - own


@pytest.mark.parametrize(
    ("path", "key", "seconds"),
    [
        ("{}", "agent:{}", 300),
        ("{}/stats", "agent:{}:stats", 300),
        ("{}/reputation", "agent:{}:reputation", 300),
        ("?", FIRST_PAGE, 60),
        (
            "?q=a%20b&chain=base",
            "search:chain=base&claimed=false&limit=50&offset=0&q=a+b&sort=relevance&status=active",
            60,
        ),
        (FAR_UUID, f"agent:{FAR_UUID}", 10),
    ],
)
def test_answer_is_kept_for_its_time_under_a_key_that_says_what_it_is(
    read, redis, agent, path, key, seconds, prefix
):
    read(path.format(agent))
    (name,) = kept(redis)
    assert name == key.format(agent)
    assert seconds - 5 <= redis.ttl(prefix + name) <= seconds


def test_hits_and_misses_are_counted(read, agent):
    before = ERC8004Cache().hits, ERC8004Cache().misses
    for _ in range(3):
        read(f"{agent}/stats")
    assert (ERC8004Cache().hits - before[0], ERC8004Cache().misses - before[1]) == (2, 1)


def test_what_is_kept_is_what_was_answered(read, agent):
    for path in (agent, f"{agent}/stats", f"{agent}/reputation", "?"):
        assert read(path) == read(path)


def test_change_of_an_agent_shows_at_once_in_all_workers(read, agent, suspend, another_worker):
    def shown():
        workers = [{}, {"client": another_worker}]
        return [
            (
                read(agent, **worker)["status"],
                read(f"{agent}/stats", **worker)["status"],
                read("?", **worker)["total"],
            )
            for worker in workers
        ]

    assert shown() == [("active", "active", 1)] * 2
    suspend(agent)
    assert shown() == [("suspended", "suspended", 0)] * 2


def test_registration_shows_at_once_in_searches(read, make_agent, another_worker):
    assert read("?")["total"] == 0
    make_agent()
    assert (read("?")["total"], read("?", client=another_worker)["total"]) == (1, 1)


def test_feedback_and_payments_show_at_once_in_the_statistics(
    read, client, admin, agent, give_feedback, link_payment, another_worker
):
    def shown():
        answers = [read(f"{agent}/stats", client=worker) for worker in (client, another_worker)]
        answers[0]["as_of"] = answers[1]["as_of"]
        assert answers[0] == answers[1]
        of_feedback = read(f"{agent}/reputation")
        assert of_feedback["total_feedback"] == answers[0]["total_feedback"]
        return [
            answers[0][name] for name in ("total_feedback", "revoked_feedback", "failed_payments")
        ]

    assert shown() == [0, 0, 0]
    given = give_feedback(agent_uuid=agent)
    assert shown() == [1, 0, 0]
    payment = link_payment(agent_uuid=agent, status="pending")
    told = {name: payment[name] for name in ("agent_uuid", "chain", "tx_hash", "amount_usdc")}
    client.post(f"{AGENTS}link-payment", json={**told, "status": "failed"}, headers=admin)
    assert shown() == [1, 0, 1]
    client.post(f"{AGENTS}feedback/{given['feedback_id']}/revoke", headers=admin)
    assert shown() == [0, 1, 1]


def test_refresh_by_the_application_shows_at_once_in_all_workers(
    read, agent, give_feedback, another_worker
):
    give_feedback(agent_uuid=agent)
    paths = [(path, worker) for path in ("?", agent) for worker in ({}, {"client": another_worker})]
    before = {read(path, **worker)["as_of"] for path, worker in paths}
    refreshed = refresh_stats()
    after = {read(path, **worker)["as_of"] for path, worker in paths}
    assert after == {timestamp(refreshed["as_of"])}
    assert len(before) == 1
    assert before != after
    assert read("?")["agents"][0]["total_feedback"] == 1


def test_score_that_the_acts_of_others_moved_shows_at_once_after_the_refresh(
    read, make_agent, give_feedback, link_payment, another_worker
):
    one, other = make_agent(), make_agent()
    paid = {"payer_address": other["owner_address"], "payee_address": one["owner_address"]}
    link_payment(agent_uuid=one["agent_uuid"], **paid)
    give_feedback(agent_uuid=one["agent_uuid"], client_address=other["owner_address"])
    refresh_stats()
    paths = [f"{one['agent_uuid']}/{resource}" for resource in ("stats", "trust")]

    def shown():
        workers = ({}, {"client": another_worker})
        return {read(path, **worker)["score"] for path in paths for worker in workers}

    before = shown()
    # The owner rates back: of the agent that is rated back, nothing is written.
    give_feedback(agent_uuid=other["agent_uuid"], client_address=one["owner_address"])
    assert shown() == before
    refresh_stats()
    assert shown() != before
    assert len(before) == len(shown()) == 1


def test_answer_that_does_not_say_its_refresh_does_not_outlive_the_next(read, agent):
    row = {"body": answer_on(agent)["body"]}
    cached_agent("trust", agent, lambda: row)
    old = json.loads(row["body"])
    assert read(f"{agent}/trust") == old
    refresh_stats()
    assert read(f"{agent}/trust")["as_of"] > old["as_of"]


def test_refresh_by_psql_shows_within_a_second(read, sql, agent, give_feedback, figures):
    give_feedback(agent_uuid=agent)
    old = read("?")["as_of"]
    sql("select refresh_erc8004_stats()")
    refreshed = time.monotonic()
    while read("?")["as_of"] == old:
        assert time.monotonic() < refreshed + 1.5
        time.sleep(0.01)
    seconds = time.monotonic() - refreshed
    figures(refresh_by_psql_shows_after=f"{seconds:.2f} s")
    assert seconds < 1.2
    assert read("?")["agents"][0]["total_feedback"] == 1


def test_write_while_redis_is_away_shows_once_it_is_back(read, admin, agent, redis, another_worker):
    read(agent)
    redis.client_pause(200)
    another_worker.patch(AGENTS + agent, json={"status": "suspended"}, headers=admin)
    missed = another_worker.application.extensions["kamiyo"].redis
    assert missed.is_unavailable
    while missed.is_unavailable:
        time.sleep(0.01)
    assert read(agent)["status"] == read(agent, client=another_worker)["status"] == "suspended"


def test_unknown_agent_is_asked_for_once(client, admin, statements):
    for _ in range(5):
        assert outcome(client.get(AGENTS + FAR_UUID, headers=admin)) == (404, "AGENT_NOT_FOUND")
    assert len([each for each in statements() if FAR_UUID in each]) == 1


def test_import_shows_at_once(read, make_agent, another_worker):
    agent = make_agent(agent_id="7")["agent_uuid"]
    paths = [(path, worker) for path in ("?", agent) for worker in ({}, {"client": another_worker})]
    for path, worker in paths:
        read(path, **worker)
    file = {"name": "New"}
    line = {"chain": "base", "agent_id": "7", "owner_address": OTHER, "registration_file": file}
    import_file(io.BytesIO(json.dumps(line).encode()), print)
    for path, worker in paths:
        answer = read(path, **worker)
        (shown,) = answer.get("agents", [answer])
        assert shown["owner_address"] == OTHER


def test_one_agent_is_forgotten_as_the_guide_says(read, redis, make_agent):
    one, other = (make_agent()["agent_uuid"] for _ in range(2))
    for agent in (one, other):
        for below in ("", "/stats", "/reputation"):
            read(agent + below)
    ERC8004Cache().invalidate_agent(one)
    assert kept(redis) == {f"agent:{other}{kind}" for kind in ("", ":stats", ":reputation")}


@pytest.mark.parametrize("clear", [by_command, by_keys, by_scan, by_flush])
def test_clearing_everything_does_no_harm(read, redis, agent, clear):
    before = read(agent), read("?")
    clear(redis)
    assert redis.keys("erc8004:*") == []
    assert (read(agent), read("?")) == before
    assert kept(redis) == {f"agent:{agent}", FIRST_PAGE}


@pytest.mark.parametrize("clear", [by_command, by_keys, by_scan])
def test_clearing_gives_no_budget_back(client, key_for, redis, clear):
    headers = key_for(None, "read")
    left = [client.get(AGENTS, headers=headers).headers["X-RateLimit-Remaining"]]
    clear(redis)
    left += [client.get(AGENTS, headers=headers).headers["X-RateLimit-Remaining"]]
    assert int(left[1]) == int(left[0]) - 1


def test_no_request_searches_through_the_keys(client, admin, redis, read, agent, give_feedback):
    with redis.monitor() as monitor:
        for path in (agent, f"{agent}/stats", "?", FAR_UUID):
            read(path)
        give_feedback(agent_uuid=agent)
        client.patch(AGENTS + agent, json={"status": "suspended"}, headers=admin)
        redis.echo("over")
        commands = []
        for said in monitor.listen():
            if said["command"].startswith("ECHO"):
                break
            commands.append(said["command"].split()[0].upper())
    assert {"EVALSHA", "GET", "DEL"} <= set(commands)
    assert not {"KEYS", "SCAN", "FLUSHALL", "FLUSHDB"} & set(commands)


@pytest.mark.parametrize("path", ["{}", "{}/stats", "{}/reputation", "?limit=7"])
def test_cached_read_is_one_round_trip_and_no_query(read, redis, agent, path):
    def scripts_run():
        return redis.info("commandstats")["cmdstat_evalsha"]["calls"]

    first = [read(path.format(agent)) for _ in range(2)][-1]
    before = scripts_run()
    assert read(path.format(agent)) == first
    assert scripts_run() == before + 1


@pytest.mark.parametrize("path", ["{}/stats", "{}/stats?limit=1", "?limit=7"])
def test_refused_request_leaves_no_lease(client, key_for, redis, agent, path, prefix):
    url = AGENTS + path.format(agent)
    client.get(AGENTS + "?limit=7", headers=key_for(None, "read"))
    redis.delete(f"{prefix}search:version")
    for headers in (key_for(OTHER, "write"), {}, used_up(client, key_for)):
        assert client.get(url, headers=headers).status_code in (401, 403, 429)
    assert [key for key in redis.keys("erc8004:*") if key.endswith(b":lease")] == []


def used_up(client, key_for):
    """Headers with a key that has no request left."""
    headers = key_for(None, "read", tier="free")
    while client.get("/api/v1/key", headers=headers).status_code == 200:
        pass
    return headers
