"""Whatever is read, written, refreshed and lost, in whatever order: a cached answer is what
the database would have answered."""

from __future__ import annotations

import dataclasses
import random
import time
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run

from kamiyo_api import config, create_app, db
from kamiyo_api.cache import answers, state
from kamiyo_api.cache.prefetch import canonical_query
from kamiyo_api.redis import client as redis_client
from kamiyo_api.schemas.search import AgentSearch
from kamiyo_api.search import find_page
from kamiyo_api.trust.refresh import refresh_stats
from kamiyo_api.trust.report import answer_on
from tests.support import factories

pytestmark = pytest.mark.slow

AGENTS = "/api/v1/agents/"
RECHECK_SECONDS = 0.1
PAUSE_MS = 120
SEARCHES = ("limit=3", "limit=3&status=any&sort=-total_feedback", "limit=3&sort=reputation_score")
COMPUTED = {
    "agent": partial(db.row, "agents.get"),
    "stats": partial(db.row, "stats.get_by_agent"),
    "reputation": partial(db.row, "stats.get_reputation"),
    "trust": answer_on,
    "decision": partial(db.row, "decisions.get_inputs"),
}
BELOW = {
    "agent": "",
    "stats": "/stats",
    "reputation": "/reputation",
    "trust": "/trust",
    "decision": "/decision?amount_usdc=1",
}
REGULAR = "0x" + "7e" * 20

workers = st.sampled_from([0, 1])
scores = st.sampled_from([0, 50, 90])
resources = st.sampled_from(sorted(COMPUTED))
searches = st.sampled_from(SEARCHES)
events = st.sampled_from(
    [
        "register",
        "give_feedback",
        "active",
        "suspended",
        "refresh_by_the_application",
        "refresh_by_psql",
        "lose_all",
        "pause_redis",
    ]
)


class Once:
    """A call that happens the first time and never again."""

    def __init__(self, call):
        self._call = call
        self._is_done = False

    def __call__(self):
        if not self._is_done:
            self._is_done = True
            self._call()


class World:
    """Two applications over one Redis, as two workers are, and one that caches nothing."""

    def __init__(self, servers, headers, sql):
        plenty = config.Tier(10**6, 10**6, 10**6, 10**6)
        with_cache = dataclasses.replace(
            config.Config.from_environment(),
            tiers=dict.fromkeys(config.TIERS, plenty),
            redis_timeout=0.05,
        )
        without = dataclasses.replace(with_cache, redis_url=None)
        self.apps = [create_app(with_cache), create_app(with_cache)]
        self.clients = [app.test_client() for app in self.apps]
        self.database = create_app(without).test_client()
        self.headers = headers
        self.sql = sql
        self.redis = redis_client.redis.Redis.from_url(servers.redis_url)
        self.compared = self.hits = 0


class Interleaving(RuleBasedStateMachine):
    """One order of things, chosen by hypothesis."""

    agents = Bundle("agents")
    given = Bundle("given")

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.psql_refreshed = 0.0
        self.owners = {}

    def send(self, worker, method, path, **body):
        client = self.world.clients[worker]
        answer = client.open(AGENTS + path, method=method, json=body, headers=self.world.headers)
        assert answer.status_code < 500, answer.text
        return answer

    @rule(target=agents, worker=workers)
    def register(self, worker):
        registered = self.send(worker, "POST", "register", **factories.agent()).json
        self.owners[registered["agent_uuid"]] = registered["owner_address"]
        return registered["agent_uuid"]

    @rule(worker=workers, agent=agents, status=st.sampled_from(["active", "suspended"]))
    def change(self, worker, agent, status):
        self.send(worker, "PATCH", agent, status=status)

    @rule(target=given, worker=workers, agent=agents, score=scores)
    def give_feedback(self, worker, agent, score):
        body = factories.feedback(agent_uuid=agent, score=score)
        answer = self.send(worker, "POST", "feedback", **body)
        return answer.json["feedback_id"] if answer.status_code == 201 else multiple()

    @rule(worker=workers, one=agents, other=agents)
    def rate_the_agent_of_another(self, worker, one, other):
        """Let an owner pay and rate, and perhaps another return it: others move the score."""
        owner = self.owners[other]
        paid = factories.payment(agent_uuid=one, payer_address=owner, payee_address=owner)
        self.send(worker, "POST", "link-payment", **paid)
        given = factories.feedback(agent_uuid=one, client_address=owner)
        self.send(worker, "POST", "feedback", **given)

    @rule(worker=workers, agent=agents, score=scores, is_trusted=st.booleans())
    def trust_a_client(self, worker, agent, score, is_trusted):
        """Trust a client, or no longer: only the refresh moves the scores of what it rated."""
        given = factories.feedback(agent_uuid=agent, score=score, client_address=REGULAR)
        self.send(worker, "POST", "feedback", **given)
        self.compare(worker, f"{agent}/trust")
        self.world.sql("delete from erc8004_trusted_reviewers")
        trust = "insert into erc8004_trusted_reviewers (client_address) select %s where %s"
        self.world.sql(trust, REGULAR, is_trusted)
        self.refresh_by_the_application(worker)
        self.compare(1 - worker, f"{agent}/trust")

    @rule(worker=workers, feedback=consumes(given))
    def revoke_feedback(self, worker, feedback):
        self.send(worker, "POST", f"feedback/{feedback}/revoke")

    @rule(worker=workers, agent=agents, status=st.sampled_from(["verified", "failed"]))
    def link_payment(self, worker, agent, status):
        body = factories.payment(agent_uuid=agent, status=status)
        self.send(worker, "POST", "link-payment", **body)

    @rule(worker=workers, agent=agents)
    def set_metadata(self, worker, agent):
        self.send(worker, "PUT", f"{agent}/metadata/color", value="cmVk")

    @rule(worker=workers)
    def refresh_by_the_application(self, worker):
        with self.world.apps[worker].app_context():
            refresh_stats()

    @rule()
    def refresh_by_psql(self):
        self.world.sql("select refresh_erc8004_stats()")
        self.psql_refreshed = time.monotonic()

    @rule()
    def lose_all(self):
        self.world.redis.flushall()

    @rule(seed=st.integers(0, 1000))
    def lose_some(self, seed):
        choice, keys = random.Random(seed), sorted(self.world.redis.keys("erc8004:*"))
        if keys:
            self.world.redis.delete(*choice.sample(keys, choice.randint(1, len(keys))))

    @rule(event=events, worker=workers, agent=agents, resource=resources)
    def go_on_without_redis(self, event, worker, agent, resource):
        path = f"{agent}{BELOW[resource]}"
        self.compare(worker, path)
        self.world.redis.client_pause(PAUSE_MS)
        self.happen(event, worker, agent)
        self.compare(1 - worker, path)

    @rule(worker=workers, agent=agents, resource=resources)
    def read(self, worker, agent, resource):
        self.compare(worker, f"{agent}{BELOW[resource]}")

    @rule(worker=workers, search=searches)
    def search(self, worker, search):
        self.compare(worker, f"?{search}")

    @rule(worker=workers, agent=agents, resource=resources, event=events, other=workers)
    def read_while_something_happens(self, worker, agent, resource, event, other):
        def compute():
            row = COMPUTED[resource](agent_uuid=agent)
            happen()
            return row

        happen = Once(lambda: self.happen(event, other, agent))
        with self.world.apps[worker].app_context():
            answers.cached_agent(resource, agent, compute)
        happen()
        self.compare(other, f"{agent}{BELOW[resource]}")

    @rule(worker=workers, agent=agents, search=searches, event=events, other=workers)
    def search_while_something_happens(self, worker, agent, search, event, other):
        asked = AgentSearch().load(dict(pair.split("=") for pair in search.split("&")))

        def compute():
            page = find_page(dict(asked))
            happen()
            return page

        happen = Once(lambda: self.happen(event, other, agent))
        with self.world.apps[worker].app_context():
            answers.cached_search(canonical_query(asked), compute)
        happen()
        self.compare(other, f"?{search}")

    def happen(self, event, worker, agent):
        if event == "register":
            self.send(worker, "POST", "register", **factories.agent())
        elif event == "give_feedback":
            body = factories.feedback(agent_uuid=agent)
            self.send(worker, "POST", "feedback", **body)
        elif event in ("active", "suspended"):
            self.change(worker, agent, event)
        elif event == "refresh_by_the_application":
            self.refresh_by_the_application(worker)
        elif event == "pause_redis":
            self.world.redis.client_pause(PAUSE_MS)
        else:
            getattr(self, event)()

    def compare(self, worker, path):
        """Read over HTTP, and hold the answer against that of the database."""
        self.wait_for_those_who_missed_writes(worker)
        cached, true = (
            client.get(AGENTS + path, headers=self.world.headers)
            for client in (self.world.clients[worker], self.world.database)
        )
        self.world.compared += 1
        assert cached.status_code == true.status_code
        shown, expected = cached.json, true.json
        old, new = shown.pop("as_of"), expected.pop("as_of")
        is_just_refreshed = time.monotonic() < self.psql_refreshed + RECHECK_SECONDS + 0.05
        if not (is_just_refreshed and old < new):
            assert shown == expected

    def wait_for_those_who_missed_writes(self, worker):
        """A worker that wrote while Redis was away says so to Redis when it sees it again."""
        clients = [app.extensions["kamiyo"].redis for app in self.world.apps]
        if not clients[worker].is_unavailable:
            while any(client.is_unavailable for client in clients):
                time.sleep(0.01)

    def teardown(self):
        time.sleep(max(0, self.psql_refreshed + RECHECK_SECONDS + 0.06 - time.monotonic()))
        paths = [f"?{search}" for search in SEARCHES]
        paths += [agent + below for agent in self.owners for below in BELOW.values()]
        for worker in (0, 1):
            for path in paths:
                self.compare(worker, path)


def test_cached_answer_is_always_that_of_the_database(servers, admin, sql, monkeypatch, figures):
    # As in production, only sooner.
    monkeypatch.setattr(state, "RECHECK_SECONDS", RECHECK_SECONDS)
    monkeypatch.setattr(redis_client, "PROBE_SECONDS", 0.05)
    world = World(servers, admin, sql)
    run(
        lambda: Interleaving(world),
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            # A failure is shown as it was found: to shrink it takes minutes.
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    hits = sum(app.extensions["kamiyo"].cache_state.hits for app in world.apps)
    figures(answers_compared=world.compared, from_the_cache=hits)
    assert hits > 100
