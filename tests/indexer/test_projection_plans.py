"""A projection reads by keys, whatever the planner knows of tables that grow faster than that."""

from __future__ import annotations

import psycopg2

from kamiyo_api.db.queries import QUERIES
from tests.support.chain_logs import Chain, feedback, registration

OWNER, CLIENT = "0x" + "a1" * 20, "0x" + "c2" * 20


def test_what_was_projected_is_not_scanned_to_find_the_next_blocks(project, servers):
    chain = Chain()
    chain.block(registration(0, OWNER, b"data:,"), [feedback(0, CLIENT, 1)])
    project(chain)
    with psycopg2.connect(servers.database_url) as session, session.cursor() as cursor:
        cursor.execute(QUERIES["projection.get_lock"], {"chain": "base"})
        cursor.execute(f"explain {QUERIES['projection.get_range']}", {"chain": "base"})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    session.close()
    assert "ix__erc8004_reputation__unconfirmed" in plan
    assert "Seq Scan" not in plan
