-- name: get_of_last_day
-- Return what changed in the last day of the agents that a search shows by default, as JSON: of the newest
-- `most` records of each kind, the first `shown` agents. Trust is compared with that of the day before on
-- which it changed, the greatest changes first: another level, then a score that moved far.
with since as (
  select now() - interval '1 day' as moment
),
recorded as materialized (
  select h.agent_uuid, h.day, h.trust_level, h.score, h.recorded_at
  from erc8004_trust_history as h
  where h.recorded_at > (select s.moment from since as s)
  order by h.recorded_at desc, h.agent_uuid desc
  limit %(most)s
),
compared as (
  select
    r.agent_uuid,
    r.trust_level,
    r.score,
    coalesce(b.trust_level, 'new') as trust_level_before,
    b.score as score_before,
    b.trust_level is null as is_first,
    abs(r.score - b.score) as difference,
    r.recorded_at
  from recorded as r
  left join lateral (
    select t.trust_level, t.score
    from erc8004_trust_history as t
    where t.agent_uuid = r.agent_uuid
      and t.day < r.day
    order by t.day desc
    limit 1
  ) as b on true
),
ended as materialized (
  select e.agent_uuid, e.owner_address, e.to_time, e.to_block, e.to_log_index
  from erc8004_ownership_epochs as e
  where e.to_time > (select s.moment from since as s)
  order by e.to_time desc, e.agent_uuid desc
  limit %(most)s
),
revoked as materialized (
  select r.agent_uuid, r.revoked_at
  from erc8004_reputation as r
  where r.is_revoked
    and r.revoked_at > (select s.moment from since as s)
  order by r.revoked_at desc, r.id desc
  limit %(most)s
),
failed as materialized (
  select p.agent_uuid, p.created_at, p.amount_usdc
  from erc8004_agent_payments as p
  where p.status in ('failed', 'rejected')
    and p.created_at > (select s.moment from since as s)
  order by p.created_at desc, p.id desc
  limit %(most)s
),
trust_shown as (
  select
    row_number() over () as place, c.agent_uuid, c.trust_level, c.score, c.trust_level_before,
    c.score_before, c.recorded_at as at
  from (
    select
      c.agent_uuid, c.trust_level, c.score, c.trust_level_before, c.score_before, c.recorded_at
    from compared as c
    join erc8004_agent_search as s on s.agent_uuid = c.agent_uuid
    where not s.claimed
      and not s.is_testnet
    order by
      c.is_first,
      c.trust_level <> c.trust_level_before desc,
      c.difference desc nulls last,
      c.recorded_at desc,
      c.agent_uuid
    limit %(shown)s
  ) as c
),
owners_shown as (
  select
    row_number() over (order by e.to_time desc, e.agent_uuid) as place, e.agent_uuid,
    e.owner_address as owner_before, n.owner_address, e.to_time as at
  from ended as e
  join erc8004_agent_search as s on s.agent_uuid = e.agent_uuid
  join erc8004_ownership_epochs as n
    on n.agent_uuid = e.agent_uuid
    and n.from_block = e.to_block
    and n.from_log_index = e.to_log_index
  where not s.is_testnet
  order by place
  limit %(shown)s
),
revoked_shown as (
  select
    row_number() over (order by count(*) desc, r.agent_uuid) as place, r.agent_uuid,
    count(*) as records, max(r.revoked_at) as at
  from revoked as r
  join erc8004_agent_search as s on s.agent_uuid = r.agent_uuid
  where not s.claimed
    and not s.is_testnet
  group by r.agent_uuid
  order by place
  limit %(shown)s
),
failed_shown as (
  select
    row_number() over (order by count(*) desc, f.agent_uuid) as place, f.agent_uuid,
    count(*) as records, sum(f.amount_usdc) as amount_usdc, max(f.created_at) as at
  from failed as f
  join erc8004_agent_search as s on s.agent_uuid = f.agent_uuid
  where not s.claimed
    and not s.is_testnet
  group by f.agent_uuid
  order by place
  limit %(shown)s
),
shown as (
  select 'trust' as kind, t.place, t.agent_uuid, to_jsonb(t) as fields
  from trust_shown as t
  union all
  select 'owners', o.place, o.agent_uuid, to_jsonb(o)
  from owners_shown as o
  union all
  select 'revoked', r.place, r.agent_uuid, to_jsonb(r)
  from revoked_shown as r
  union all
  select 'failed', f.place, f.agent_uuid, to_jsonb(f)
  from failed_shown as f
),
lists as (
  select
    s.kind,
    jsonb_agg(
      s.fields || jsonb_build_object(
        'agent_id', a.agent_id::text,
        'chain', a.chain,
        'name', left(erc8004_file_text(a.registration_file, 'name'), 200)
      )
      order by s.place
    ) as agents
  from shown as s
  join erc8004_agents as a on a.id = s.agent_uuid
  group by s.kind
)
select
  erc8004_stats_refresh_number() as refresh,
  jsonb_build_object(
    'as_of', now(),
    'lists', (select coalesce(jsonb_object_agg(l.kind, l.agents), '{}') from lists as l),
    'counts', jsonb_build_object(
      'trust', (select count(*) from recorded as r),
      'owners', (select count(*) from ended as e),
      'revoked', (select count(*) from revoked as r),
      'failed', (select count(*) from failed as f)
    )
  )::text as body;
