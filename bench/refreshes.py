"""Refreshing the statistics: what it costs, and what readers notice of it."""

from __future__ import annotations

import threading
from statistics import median

from bench.figures import Figure
from bench.load import load
from bench.place import Place
from bench.reads import stats_paths

NEWS = 1000
PAIRS = 5

GIVE = """
insert into erc8004_reputation (
  agent_uuid, client_address, value, value_decimals, score, tag1, endpoint, chain
)
select
  r.agent_uuid, r.client_address, r.value, r.value_decimals, r.score, r.tag1, r.endpoint, r.chain
from (select id from erc8004_agents tablesample bernoulli (%s) limit %s) as a
cross join lateral (
  select * from erc8004_reputation as r where r.agent_uuid = a.id limit 1
) as r
"""
REFRESH = "select refresh_erc8004_stats()"
# What the two views would be without counts.
NAIVE = """
create materialized view naive_reputation as
select
  a.id as agent_uuid,
  a.chain,
  a.owner_address,
  count(*) filter (where not r.is_revoked) as total_feedback,
  round(avg(r.score) filter (where not r.is_revoked), 2) as average_score,
  count(*) filter (where not r.is_revoked and r.score >= 80) as positive_feedback,
  count(*) filter (where not r.is_revoked and r.score < 50) as negative_feedback,
  count(*) filter (where r.is_revoked) as revoked_feedback,
  count(*) filter (where not r.is_revoked and r.score is null) as unscored_feedback,
  count(distinct r.client_address) filter (where not r.is_revoked) as unique_clients,
  max(r.created_at) filter (where not r.is_revoked) as last_feedback_at
from erc8004_agents as a
join erc8004_reputation as r on r.agent_uuid = a.id
group by a.id;
create unique index on naive_reputation (agent_uuid);

create materialized view naive_payment_stats as
select
  p.agent_uuid,
  count(*) as total_payments,
  sum(p.amount_usdc) filter (where p.status = 'verified') as total_amount_usdc,
  count(*) filter (where p.status = 'verified') as successful_payments,
  count(*) filter (where p.status in ('failed', 'rejected')) as failed_payments,
  avg(p.amount_usdc) filter (where p.status = 'verified') as avg_payment_amount,
  max(p.created_at) as last_payment_at,
  count(distinct p.endpoint) as unique_endpoints_used
from erc8004_agent_payments as p
group by p.agent_uuid;
create unique index on naive_payment_stats (agent_uuid);
"""
REFRESH_NAIVE = (
    "refresh materialized view concurrently naive_reputation;"
    "refresh materialized view concurrently naive_payment_stats"
)
DOUBLE = """
insert into erc8004_reputation (
  agent_uuid, client_address, value, value_decimals, score, tag1, endpoint, chain, created_at
)
select agent_uuid, client_address, value, value_decimals, score, tag1, endpoint, chain, created_at
from erc8004_reputation
"""


def measure(place: Place, seconds: float) -> list[Figure]:
    """The refresh against the naive one, beside readers, and with twice the history."""
    beside = beside_readers(place, seconds)
    naive = against_naive(place)
    return [naive, beside, with_twice_the_history(place, naive.measured["refresh_s"])]


def refresh(place: Place) -> float:
    """The seconds that a refresh takes after 1,000 new feedback; the median of some."""
    return median(refresh_once(place) for _ in range(PAIRS))


def refresh_once(place: Place) -> float:
    """Give feedback to a thousand agents, or to as many as there are, and refresh."""
    agents = place.sql("select count(*) from erc8004_agents")[0][0]
    place.sql(GIVE, min(100, 300 * NEWS / agents), NEWS)
    return place.timed(REFRESH)


def against_naive(place: Place) -> Figure:
    """The refresh against views that aggregate the history each time."""
    place.sql(NAIVE)
    naive, ours = [], []
    for _ in range(PAIRS):
        ours.append(refresh_once(place))
        naive.append(place.timed(REFRESH_NAIVE))
    place.sql("drop materialized view naive_reputation, naive_payment_stats")
    ratio = median(one / other for one, other in zip(ours, naive, strict=True))
    measured = {"refresh_s": round(median(ours), 3), "naive_s": round(median(naive), 3)}
    what = "refresh after 1,000 feedback, of views over the whole history"
    return Figure(what, ratio, 0.5, measured=measured)


def with_twice_the_history(place: Place, before: float) -> Figure:
    """The refresh after as much feedback again was given to the same agents, and counted."""
    place.sql(DOUBLE)
    place.sql(REFRESH)
    place.sql("vacuum analyze")
    after = refresh(place)
    measured = {"once_s": before, "twice_s": round(after, 3)}
    return Figure("refresh with twice the history", after / before, 1.1, measured=measured)


def beside_readers(place: Place, seconds: float) -> Figure:
    """The slowest hundredth of reads while one refresh follows the other, against without."""
    ratios, measured = [], []
    for _ in range(PAIRS):
        alone = load(place.web, stats_paths(place), seconds, place.key).p99
        with Refreshing(place):
            beside = load(place.web, stats_paths(place), seconds, place.key).p99
        ratios.append(beside / alone)
        measured.append([round(alone, 1), round(beside, 1)])
    what = "p99 of reads while a refresh runs, of that without"
    return Figure(what, median(ratios), 2.0, measured={"alone_and_beside_ms": measured})


class Refreshing(threading.Thread):
    """One refresh after the other, each with news, until the block ends."""

    def __init__(self, place: Place) -> None:
        super().__init__(name="refreshing")
        self._place = place
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            refresh_once(self._place)

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()
