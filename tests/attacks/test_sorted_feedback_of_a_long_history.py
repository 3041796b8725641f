"""Sorted lists of feedback cost what they show and the number of different scores, not the length
of the history, wherever the matching feedback is in it."""

from __future__ import annotations

import psycopg2
import pytest

from kamiyo_api.db.queries import QUERIES
from tests.attacks.test_feedback_in_a_long_history import rows_read

SHORT, LONG = 3_000, 24_000
SCORES = 40
# The first have scores of their own; nearly all others are the newest and have one score, or none.
GIVEN = """
insert into erc8004_reputation (
  agent_uuid, client_address, value, value_decimals, score, tag1, chain, is_revoked, revoked_at,
  created_at
)
select
  %(agent)s::uuid, '0x' || lpad(to_hex(n), 40, '0'), 1, 0,
  case when n <= 2000 then n %% 40 when n %% 4 = 0 then null else 90 end,
  'unscaled', 'base', n / 4 %% 2 = 0, case when n / 4 %% 2 = 0 then now() end,
  timestamptz '2026-01-01' + n * interval '1 second'
from generate_series(%(first)s, %(last)s) as n
"""
FAR = "019fffff-ffff-7fff-bfff-ffffffffffff"
NO_LIMITS = {"min_score": None, "max_score": None}
START = {"after_score": None, "after_time": None, "after_id": None}
BEHIND = {"after_score": 20, "after_time": "2026-01-01 00:10", "after_id": FAR}
UNSCORED = {"after_score": None, "after_time": "2026-01-01 00:42", "after_id": FAR}
FEW = {"min_score": 10, "max_score": 30.5}
ALL = {"min_score": 0, "max_score": 100}
PAGE = 51
# Of both kinds of feedback, each list reads up to a page, and the page once more.
SHOWN = 6 * (PAGE + 1)
# A score is looked for and its newest is read; a page has the feedback of at most so many scores.
COMPARED = 2 * 2 * (SCORES + 3) + 2 * PAGE * PAGE
LISTS = {
    "list_oldest_first": ((NO_LIMITS, START), (NO_LIMITS, BEHIND)),
    "list_highest_first": (
        *((NO_LIMITS, START), (NO_LIMITS, BEHIND), (NO_LIMITS, UNSCORED)),
        *((FEW, START), (FEW, BEHIND), (ALL, START)),
    ),
    "list_lowest_first": (
        *((NO_LIMITS, START), (NO_LIMITS, BEHIND), (NO_LIMITS, UNSCORED)),
        *((FEW, START), (FEW, BEHIND), (ALL, START)),
    ),
    "list_scored_newest_first": ((FEW, START), (FEW, BEHIND), (ALL, START), (ALL, BEHIND)),
    "list_scored_oldest_first": ((FEW, START), (FEW, BEHIND), (ALL, START), (ALL, BEHIND)),
}


@pytest.fixture
def history(app, servers, make_agent):
    """Add to the history of an agent, and read it with a query: the rows that it reads."""
    agent, other = (make_agent()["agent_uuid"] for _ in range(2))
    connection = psycopg2.connect(servers.database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("set enable_seqscan = off")

        # Others have feedback, too: a table of one page would be read as a whole.
        cursor.execute(GIVEN, {"agent": other, "first": 1, "last": LONG})

        def add(first, last):
            cursor.execute(GIVEN, {"agent": agent, "first": first, "last": last})
            cursor.execute("vacuum analyze erc8004_reputation")

        def read(query, asked):
            narrowed = dict.fromkeys(("client_address", "tag1", "tag2", "source"))
            asked = {"agent_uuid": agent, "limit": PAGE, "longest": 300, **narrowed, **asked}
            text = QUERIES[f"feedback_sorted.{query}"]
            cursor.execute(f"explain (analyze, format json) {text}", asked)
            plan = cursor.fetchone()[0][0]["Plan"]
            return plan["Actual Rows"], rows_read(plan)

        yield add, read
    connection.close()


@pytest.mark.slow
def test_page_costs_no_more_in_a_long_history(history):
    add, read = history
    add(1, SHORT)
    for last in (SHORT, LONG):
        for query, pages in LISTS.items():
            limit = COMPARED if "scored" in query else SHOWN
            for limits, start in pages:
                for revoked in ([False], [True], [False, True]):
                    shown, rows = read(query, {**limits, **start, "revoked": revoked})
                    assert shown == PAGE, (query, limits, start, revoked)
                    assert rows <= limit, (query, limits, start, revoked, last, rows)
        add(SHORT + 1, LONG)
