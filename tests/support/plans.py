"""Many agents in a database of their own, and how PostgreSQL means to read them."""

from __future__ import annotations

import psycopg2
import pytest

from kamiyo_api.db import schema
from kamiyo_api.db.queries import QUERIES, SETTINGS
from kamiyo_api.search import NO_TEXT, words_of_rank

AGENTS = 20_000
ROWS_OF_ONE_AGENT = 500
NOWHERE = "019fffff-ffff-7fff-bfff-ffffffffffff"
# Heavy tails as in the real registries: most agents have nothing, few have much. With fewer than a
# hundred words that many agents have, PostgreSQL would not estimate beginnings of words.
CROWD = """
insert into erc8004_agents (
  agent_id, chain, registry_address, owner_address, status, claimed, registration_file,
  created_at, last_activity_at
)
select
  n,
  case when n % 101 = 0 then 'celo' when n % 67 = 0 then 'sepolia' else 'base' end,
  case
    when n % 103 = 0 then '0x' || repeat('7', 40)
    else '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432'
  end,
  '0x' || lpad(to_hex((n ^ 0.8)::int), 40, '0'),
  case when n % 47 = 0 then 'suspended' when n % 71 = 0 then 'revoked' else 'active' end,
  n % 83 = 0,
  jsonb_build_object(
    'name', 'Agent ' || n,
    'description', case when n % 89 = 0 then 'rare' else 'frequent' end || ' topic' || n % 150,
    'x402Support', n % 60 = 0,
    'active', n % 59 <> 0,
    'skills', case when n % 103 = 0 then '["Rare Skill"]'::jsonb else '[]' end,
    'domains', case when n % 107 = 0 then '["finance/rare"]'::jsonb else '[]' end,
    'services', jsonb_build_array(jsonb_build_object(
      'name', case when n % 97 = 0 then 'zip' else 'web' end
    ))
  ),
  timestamptz '2026-01-01' + n * interval '1 minute',
  timestamptz '2026-03-01' + hashtext(n::text) % 1000000 * interval '1 second'
from generate_series(1, {agents}) as n;

update erc8004_agent_search as s
set
  total_feedback = case when agent_id % 3 = 0 then (10000 / agent_id)::int + 1 else 0 end,
  average_score = case when agent_id % 3 = 0 then abs(hashtext(agent_id::text)) % 10000 / 100.0 end,
  score = case when agent_id % 3 = 0 then abs(hashtext(agent_id::text)) % 9973 / 100.0 end,
  paying_reviewers = case when agent_id % 30 = 0 then agent_id % 100 else 0 end,
  effective_reviewers = case when agent_id % 3 = 0 then agent_id % 100 / 3.0 else 0 end,
  total_payments = case when agent_id % 20 = 0 then (10000 / agent_id)::int + 1 else 0 end,
  success_rate = case when agent_id % 20 = 0 then agent_id % 101 end,
  trust_level = case
    when agent_id % 90 = 0 then 'excellent'
    when agent_id % 40 = 0 then 'good'
    when agent_id % 33 = 0 then 'poor'
    when agent_id % 3 = 0 then 'fair'
    else 'new'
  end,
  verified = agent_id % 61 = 0;

insert into erc8004_reputation (agent_uuid, client_address, value, chain, created_at)
select
  a.id, '0x' || lpad(to_hex(n), 40, '0'), 90, 'base',
  timestamptz '2026-04-01' + n * interval '1 second'
from generate_series(1, {rows}) as n
join erc8004_agents as a on a.agent_id <= 40;

insert into erc8004_agent_payments (agent_uuid, chain, tx_hash, amount_usdc, created_at)
select
  a.id, 'base', '0x' || lpad(to_hex(n * 100 + a.agent_id::int), 64, '0'), 1,
  timestamptz '2026-04-01' + n * interval '1 second'
from generate_series(1, {rows}) as n
join erc8004_agents as a on a.agent_id <= 40;

insert into erc8004_validations (
  agent_uuid, chain, registry_address, request_hash, validator_address, created_at
)
select
  a.id, 'base', '0x' || repeat('0', 40), '0x' || lpad(to_hex(n * 100 + a.agent_id::int), 64, '0'),
  '0x' || repeat('0', 40), timestamptz '2026-04-01' + n * interval '1 second'
from generate_series(1, {rows}) as n
join erc8004_agents as a on a.agent_id <= 40;
"""


@pytest.fixture(scope="module")
def crowded(servers):
    """A cursor on a database of its own with a crowd of agents."""
    name = "plans"
    admin = psycopg2.connect(servers.database_url)
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"create database {name}")
    connection = psycopg2.connect(servers.database_url, dbname=name)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for path in (*schema.files(schema.TABLES), *schema.files(schema.FUNCTIONS)):
            cursor.execute(path.read_text())
        cursor.execute(CROWD.format(agents=AGENTS, rows=ROWS_OF_ONE_AGENT))
        cursor.execute("vacuum analyze")
        yield cursor
    connection.close()
    with admin.cursor() as cursor:
        cursor.execute(f"drop database {name}")
    admin.close()


@pytest.fixture
def plan(crowded):
    """The nodes of the plan of a query, and of the part of it that makes the page."""

    def explain(query, **params):
        params = with_words(crowded, params)
        settings = SETTINGS.get(query, "")
        crowded.execute(f"{settings} explain (format json) {QUERIES[query]}", params)
        return list(nodes(crowded.fetchone()[0][0]["Plan"]))

    return explain


def with_words(cursor, params):
    """The parameters of a search with what its text means, at the rank that it reads."""
    if params.get("q") is None:
        return params | NO_TEXT
    cursor.execute(QUERIES["search_by_relevance.get_words"], params)
    columns = [column.name for column in cursor.description]
    params = params | dict(zip(columns, cursor.fetchone(), strict=True))
    part = str(params["part"])
    return params | words_of_rank(params, int(part) if part.isdigit() else 0)


def nodes(node):
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)
