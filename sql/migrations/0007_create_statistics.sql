-- Statistics: two materialized views over the counts, the view that joins them to the
-- agents, and the rule for trust.

create materialized view mv_erc8004_agent_reputation as
select
  a.id as agent_uuid,
  a.chain,
  a.owner_address,
  f.total_feedback,
  round(f.score_sum / nullif(f.scored_feedback, 0), 2) as average_score,
  f.positive_feedback,
  f.negative_feedback,
  f.revoked_feedback,
  f.total_feedback - f.scored_feedback as unscored_feedback,
  f.unique_clients,
  f.last_feedback_at
from erc8004_feedback_counts as f
join erc8004_agents as a on a.id = f.agent_uuid
with data;

create unique index uq__mv_erc8004_agent_reputation__agent
  on mv_erc8004_agent_reputation (agent_uuid);
create index ix__mv_erc8004_agent_reputation__last_feedback
  on mv_erc8004_agent_reputation (last_feedback_at);

-- Settled payments are those verified, failed or rejected; pending ones count in
-- total_payments only.
create materialized view mv_erc8004_agent_payment_stats as
select
  p.agent_uuid,
  p.total_payments,
  p.total_amount_usdc,
  p.successful_payments,
  p.failed_payments,
  round(p.total_amount_usdc / nullif(p.successful_payments, 0), 6) as avg_payment_amount,
  round(
    100.0 * p.successful_payments / nullif(p.successful_payments + p.failed_payments, 0), 2
  ) as success_rate,
  p.last_payment_at,
  p.unique_endpoints_used
from erc8004_payment_counts as p
with data;

create unique index uq__mv_erc8004_agent_payment_stats__agent
  on mv_erc8004_agent_payment_stats (agent_uuid);

-- How far an agent can be trusted, first match; a half that is unknown (null)
-- does not count against the agent, but caps it at fair.
create function erc8004_trust_level(
  settled_payments bigint,
  success_rate numeric,
  average_score numeric
) returns text
language sql immutable parallel safe
return case
  when settled_payments = 0 and average_score is null then 'new'
  when settled_payments >= 10 and success_rate >= 95 and average_score >= 80 then 'excellent'
  when settled_payments >= 5 and success_rate >= 85 and average_score >= 70 then 'good'
  when coalesce(success_rate >= 75, true) and coalesce(average_score >= 60, true) then 'fair'
  else 'poor'
end;

create view v_erc8004_agent_stats as
select
  s.agent_uuid,
  s.agent_id,
  s.chain,
  s.registry_address,
  s.owner_address,
  s.status,
  s.registered_at,
  s.last_activity_at,
  s.total_feedback,
  s.average_score,
  s.positive_feedback,
  s.negative_feedback,
  s.revoked_feedback,
  s.unscored_feedback,
  s.unique_clients,
  s.last_feedback_at,
  s.total_payments,
  s.total_amount_usdc,
  s.successful_payments,
  s.failed_payments,
  s.avg_payment_amount,
  s.success_rate,
  s.last_payment_at,
  s.unique_endpoints_used,
  erc8004_trust_level(
    s.successful_payments + s.failed_payments, s.success_rate, s.average_score
  ) as trust_level
from (
  select
    a.id as agent_uuid,
    a.agent_id,
    a.chain,
    a.registry_address,
    a.owner_address,
    a.status,
    a.created_at as registered_at,
    greatest(a.last_activity_at, r.last_feedback_at, p.last_payment_at) as last_activity_at,
    coalesce(r.total_feedback, 0) as total_feedback,
    r.average_score,
    coalesce(r.positive_feedback, 0) as positive_feedback,
    coalesce(r.negative_feedback, 0) as negative_feedback,
    coalesce(r.revoked_feedback, 0) as revoked_feedback,
    coalesce(r.unscored_feedback, 0) as unscored_feedback,
    coalesce(r.unique_clients, 0) as unique_clients,
    r.last_feedback_at,
    coalesce(p.total_payments, 0) as total_payments,
    coalesce(p.total_amount_usdc, 0) as total_amount_usdc,
    coalesce(p.successful_payments, 0) as successful_payments,
    coalesce(p.failed_payments, 0) as failed_payments,
    p.avg_payment_amount,
    p.success_rate,
    p.last_payment_at,
    coalesce(p.unique_endpoints_used, 0) as unique_endpoints_used
  from erc8004_agents as a
  left join mv_erc8004_agent_reputation as r on r.agent_uuid = a.id
  left join mv_erc8004_agent_payment_stats as p on p.agent_uuid = a.id
) as s;

-- The feedback of one agent as of now: what is counted, and the changes not folded yet.
create function erc8004_feedback_now(agent uuid) returns table (
  total_feedback bigint,
  average_score numeric,
  positive_feedback bigint,
  negative_feedback bigint,
  revoked_feedback bigint,
  unscored_feedback bigint,
  unique_clients bigint,
  last_feedback_at timestamptz
)
language sql stable
begin atomic
  with by_client as (
    select
      t.client_address,
      coalesce(sum(t.sign) filter (where not t.is_revoked), 0) as total_feedback,
      coalesce(sum(t.sign) filter (where not t.is_revoked and t.score is not null), 0)
        as scored_feedback,
      coalesce(sum(t.sign * t.score) filter (where not t.is_revoked), 0) as score_sum,
      coalesce(sum(t.sign) filter (where not t.is_revoked and t.score >= 80), 0)
        as positive_feedback,
      coalesce(sum(t.sign) filter (where not t.is_revoked and t.score < 50), 0)
        as negative_feedback,
      coalesce(sum(t.sign) filter (where t.is_revoked), 0) as revoked_feedback
    from erc8004_feedback_changes as t
    where t.agent_uuid = agent
    group by t.client_address
  ),
  parts as (
    select
      f.total_feedback,
      f.scored_feedback,
      f.score_sum,
      f.positive_feedback,
      f.negative_feedback,
      f.revoked_feedback,
      f.unique_clients
    from erc8004_feedback_counts as f
    where f.agent_uuid = agent
    union all
    select
      b.total_feedback,
      b.scored_feedback,
      b.score_sum,
      b.positive_feedback,
      b.negative_feedback,
      b.revoked_feedback,
      (coalesce(c.total_feedback, 0) + b.total_feedback > 0)::int
        - (coalesce(c.total_feedback, 0) > 0)::int
    from by_client as b
    left join erc8004_client_counts as c
      on c.agent_uuid = agent and c.client_address = b.client_address
  )
  select
    coalesce(sum(p.total_feedback), 0)::bigint,
    round(sum(p.score_sum) / nullif(sum(p.scored_feedback), 0), 2),
    coalesce(sum(p.positive_feedback), 0)::bigint,
    coalesce(sum(p.negative_feedback), 0)::bigint,
    coalesce(sum(p.revoked_feedback), 0)::bigint,
    coalesce(sum(p.total_feedback) - sum(p.scored_feedback), 0)::bigint,
    coalesce(sum(p.unique_clients), 0)::bigint,
    erc8004_last_feedback_at(agent)
  from parts as p;
end;

-- The payments of one agent as of now: what is counted, and the changes not folded yet.
create function erc8004_payments_now(agent uuid) returns table (
  total_payments bigint,
  total_amount_usdc numeric,
  successful_payments bigint,
  failed_payments bigint,
  avg_payment_amount numeric,
  success_rate numeric,
  last_payment_at timestamptz,
  unique_endpoints_used bigint
)
language sql stable
begin atomic
  with by_endpoint as (
    select md5(t.endpoint)::uuid as endpoint_hash, sum(t.sign) as total_payments
    from erc8004_payment_changes as t
    where t.agent_uuid = agent
      and t.endpoint is not null
    group by md5(t.endpoint)::uuid
  ),
  parts as (
    select
      c.total_payments,
      c.successful_payments,
      c.failed_payments,
      c.total_amount_usdc,
      c.unique_endpoints_used
    from erc8004_payment_counts as c
    where c.agent_uuid = agent
    union all
    select
      t.sign,
      case when t.status = 'verified' then t.sign else 0 end,
      case when t.status in ('failed', 'rejected') then t.sign else 0 end,
      case when t.status = 'verified' then t.sign * t.amount_usdc else 0 end,
      0
    from erc8004_payment_changes as t
    where t.agent_uuid = agent
    union all
    select
      0,
      0,
      0,
      0,
      (coalesce(e.total_payments, 0) + b.total_payments > 0)::int
        - (coalesce(e.total_payments, 0) > 0)::int
    from by_endpoint as b
    left join erc8004_endpoint_counts as e
      on e.agent_uuid = agent and e.endpoint_hash = b.endpoint_hash
  ),
  summed as (
    select
      coalesce(sum(p.total_payments), 0)::bigint as total_payments,
      coalesce(sum(p.successful_payments), 0)::bigint as successful_payments,
      coalesce(sum(p.failed_payments), 0)::bigint as failed_payments,
      coalesce(sum(p.total_amount_usdc), 0) as total_amount_usdc,
      coalesce(sum(p.unique_endpoints_used), 0)::bigint as unique_endpoints_used
    from parts as p
  )
  select
    s.total_payments,
    s.total_amount_usdc,
    s.successful_payments,
    s.failed_payments,
    round(s.total_amount_usdc / nullif(s.successful_payments, 0), 6),
    round(
      100.0 * s.successful_payments / nullif(s.successful_payments + s.failed_payments, 0), 2
    ),
    erc8004_last_payment_at(agent),
    s.unique_endpoints_used
  from summed as s;
end;

-- What v_erc8004_agent_stats says of one agent, as of now and not of the last refresh.
create function erc8004_agent_stats_now(agent uuid) returns setof v_erc8004_agent_stats
language sql stable
begin atomic
  select
    a.id,
    a.agent_id,
    a.chain,
    a.registry_address,
    a.owner_address,
    a.status,
    a.created_at,
    greatest(a.last_activity_at, f.last_feedback_at, p.last_payment_at),
    f.total_feedback,
    f.average_score,
    f.positive_feedback,
    f.negative_feedback,
    f.revoked_feedback,
    f.unscored_feedback,
    f.unique_clients,
    f.last_feedback_at,
    p.total_payments,
    p.total_amount_usdc,
    p.successful_payments,
    p.failed_payments,
    p.avg_payment_amount,
    p.success_rate,
    p.last_payment_at,
    p.unique_endpoints_used,
    erc8004_trust_level(
      p.successful_payments + p.failed_payments, p.success_rate, f.average_score
    )
  from erc8004_agents as a
  cross join lateral erc8004_feedback_now(a.id) as f
  cross join lateral erc8004_payments_now(a.id) as p
  where a.id = agent;
end;
