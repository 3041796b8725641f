-- The sections of the page of one agent, several to a query, each as JSON. Each reads a bounded number of
-- rows, whatever the history.

-- name: get_evidence
-- Return what stands behind the score of an agent: its ratings, its reviewers and the history of trust.
select e.voices, e.reviewers, e.history
from erc8004_page_evidence(
  %(agent_uuid)s, %(most_reviewers)s, %(most_voices)s, %(most_days)s
) as e;

-- name: get_courses
-- Return how the newest feedback, payments and validations of an agent came.
select c.records, c.months, c.tags, c.step, c.paid_records, c.paid, c.checked
from erc8004_page_courses(%(agent_uuid)s, %(most)s, %(most_steps)s) as c;

-- name: get_records
-- Return the newest records about an agent by kind, as its page shows them: feedback, payments,
-- validations, owners and metadata.
with feedback as (
  select
    r.id, r.created_at, r.client_address, r.score, left(r.tag1, 64) as tag1,
    left(r.tag2, 64) as tag2, left(r.file_uri, %(longest)s) as file_uri, r.source
  from erc8004_reputation as r
  where r.agent_uuid = %(agent_uuid)s
    and not r.is_revoked
  order by r.created_at desc, r.id desc
  limit %(limit)s
),
payments as (
  select
    p.id, p.created_at, p.payer_address, p.amount_usdc, p.status, p.tx_hash,
    left(p.endpoint, %(longest)s) as endpoint
  from erc8004_agent_payments as p
  where p.agent_uuid = %(agent_uuid)s
  order by p.created_at desc, p.id desc
  limit %(limit)s
),
validations as (
  select
    v.id, v.created_at, v.validator_address, v.response, left(v.tag, 64) as tag,
    case when v.status = 'pending' and v.expires_at <= now() then 'expired' else v.status end
      as status
  from erc8004_validations as v
  where v.agent_uuid = %(agent_uuid)s
  order by v.created_at desc, v.id desc
  limit %(limit)s
),
owners as (
  select o.owner_address, o.from_time, o.to_time, o.from_block, o.from_log_index
  from erc8004_ownership_epochs as o
  where o.agent_uuid = %(agent_uuid)s
  order by o.from_block desc, o.from_log_index desc
  limit %(limit)s
),
metadata as (
  select
    {metadata.entry}
  from erc8004_agents as a
  cross join lateral (
    (
      select m.key, m.value, m.updated_at, m.unstorable
      from erc8004_agent_metadata as m
      where m.agent_uuid = a.id
        and (m.key <> 'agentWallet' or a.source <> 'chain')
      order by m.key
      limit %(limit)s
    )
    union all
    (
      {metadata.wallet}
    )
    order by key
    limit %(limit)s
  ) as e
  where a.id = %(agent_uuid)s
)
select
  (
    select coalesce(jsonb_agg(to_jsonb(f) order by f.created_at desc, f.id desc), '[]')
    from feedback as f
  ) as feedback,
  (
    select coalesce(jsonb_agg(to_jsonb(p) order by p.created_at desc, p.id desc), '[]')
    from payments as p
  ) as payments,
  (
    select coalesce(jsonb_agg(to_jsonb(v) order by v.created_at desc, v.id desc), '[]')
    from validations as v
  ) as validations,
  (
    select coalesce(
      jsonb_agg(to_jsonb(o) order by o.from_block desc, o.from_log_index desc), '[]'
    )
    from owners as o
  ) as owners,
  (
    select coalesce(jsonb_agg(jsonb_build_object('key', m.key, 'value', m.value) order by m.key), '[]')
    from metadata as m
  ) as metadata;
