"""What is asked of an agent's feedback costs what is found, however much else it was given."""

from __future__ import annotations

import psycopg2
import pytest

from kamiyo_api.db.queries import QUERIES

HISTORY = 20_000
# One of each rare tag, far back; half of all newer feedback was revoked. Nearly everybody else
# is given a tag that this agent never was, so that statistics expect it here too.
GIVEN = """
insert into erc8004_reputation (
  agent_uuid, client_address, value, chain, tag1, tag2, is_revoked, revoked_at, created_at
)
select
  %(agent)s::uuid, '0x' || lpad(to_hex(n), 40, '0'), 90, 'base',
  case n when 5 then 'rare' else 'frequent' end,
  case when n = 7 then 'odd' when n %% 2 = 0 then 'even' end,
  n > %(many)s / 2, case when n > %(many)s / 2 then now() end,
  timestamptz '2026-01-01' + n * interval '1 second'
from generate_series(1, %(many)s) as n
union all
select
  %(other)s::uuid, '0x' || lpad(to_hex(n), 40, '0'), 90, 'base', 'starred', 'day', false, null,
  timestamptz '2026-01-01' + n * interval '1 second'
from generate_series(1, 2 * %(many)s) as n
"""
NOTHING = dict.fromkeys(("client_address", "tag1", "tag2", "source", "after_id", "after_time"))
LATE = {"after_id": "019fffff-ffff-7fff-bfff-ffffffffffff", "after_time": "2026-01-01 01:00"}
TAGS = {
    "one of tag1": ({"tag1": "rare"}, 1),
    "one of tag2": ({"tag2": "odd"}, 1),
    "one of both": ({"tag1": "frequent", "tag2": "odd"}, 1),
    "none of what others have": ({"tag1": "starred"}, 0),
    "none of what others have in tag2": ({"tag2": "day"}, 0),
    "none of both": ({"tag1": "frequent", "tag2": "day"}, 0),
}
PAGES = TAGS | {
    "newest": ({}, 51),
    "newest of tag1": ({"tag1": "frequent"}, 51),
    "newest of tag2": ({"tag2": "even"}, 51),
    "newest of both": ({"tag1": "frequent", "tag2": "even"}, 51),
    "a page far back": (LATE, 51),
    "a page of tag1 far back": ({"tag1": "frequent", **LATE}, 51),
}


@pytest.fixture
def history(app, servers, make_agent):
    """Read with a query, of an agent of a long history; the rows and the pages that it reads."""
    agent, other = (make_agent()["agent_uuid"] for _ in range(2))
    connection = psycopg2.connect(servers.database_url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(GIVEN, {"agent": agent, "other": other, "many": HISTORY})
        cursor.execute("vacuum analyze erc8004_reputation")
        # Two agents with a third and two thirds of all feedback are no reason to read the table.
        cursor.execute("set enable_seqscan = off")

        def read(query, asked):
            asked = {"agent_uuid": agent, "limit": 51, "longest": 300, **NOTHING, **asked}
            text = QUERIES.get(query, query)
            cursor.execute(f"explain (analyze, buffers, format json) {text}", asked)
            plan = cursor.fetchone()[0][0]["Plan"]
            return rows_read(plan), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

        yield read
    connection.close()


def rows_read(node):
    """How many feedback a plan read, those that it passed over too."""
    read = 0
    if node.get("Relation Name") == "erc8004_reputation":
        passed = sum(node.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck"))
        read = (node["Actual Rows"] + passed) * node["Actual Loops"]
    return read + sum(rows_read(each) for each in node.get("Plans", ()))


def test_page_reads_what_it_shows(history):
    for name, (asked, shown) in PAGES.items():
        read, blocks = history("feedback.list_by_agent", asked)
        assert read <= shown + 1, (name, read)
        assert blocks <= 30 + 8 * shown, (name, blocks)
        read, blocks = history("feedback.list_by_agent_with_revoked", asked)
        # Both parts are read as far as the page goes, and its rows once more.
        assert read <= 3 * (shown + 1), (name, read)
        assert blocks <= 30 + 16 * shown, (name, blocks)


def test_narrowed_reputation_reads_what_it_counts(history):
    for name, (asked, counted) in TAGS.items():
        read, blocks = history("stats.get_reputation_narrowed", asked)
        assert (read, blocks <= 30) == (counted, True), (name, blocks)


def test_last_feedback_is_found_behind_all_that_was_revoked(history):
    # The first call reads how the function is made, too.
    for _ in range(2):
        _, blocks = history("select erc8004_last_feedback_at(%(agent_uuid)s)", {})
    assert blocks <= 10
