-- One plan for an agent's statistics: the functions that PostgreSQL puts into the query that
-- asks them take part in its plan, where each had one of its own that was begun and ended for
-- every answer. What makes the JSON keeps that plan for every agent, even where few of them have
-- most of the changes, and sees to it that every step is by a key.

-- The feedback of one agent as of now: what is counted, and the changes not folded yet.
create or replace function erc8004_feedback_now(agent uuid) returns table (
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
      sum(t.total_feedback) as total_feedback,
      sum(t.scored_feedback) as scored_feedback,
      sum(t.score_sum) as score_sum,
      sum(t.positive_feedback) as positive_feedback,
      sum(t.negative_feedback) as negative_feedback,
      sum(t.revoked_feedback) as revoked_feedback
    from erc8004_feedback_contributions as t
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
create or replace function erc8004_payments_now(agent uuid) returns table (
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
    select
      t.endpoint_hash,
      sum(t.total_payments) as total_payments,
      sum(t.successful_payments) as successful_payments,
      sum(t.failed_payments) as failed_payments,
      sum(t.total_amount_usdc) as total_amount_usdc
    from erc8004_payment_contributions as t
    where t.agent_uuid = agent
    group by t.endpoint_hash
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
      b.total_payments,
      b.successful_payments,
      b.failed_payments,
      b.total_amount_usdc,
      case when b.endpoint_hash is null then 0 else
        (coalesce(e.total_payments, 0) + b.total_payments > 0)::int
          - (coalesce(e.total_payments, 0) > 0)::int
      end
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
create or replace function erc8004_agent_stats_now(agent uuid)
returns setof v_erc8004_agent_stats
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

-- Neither sequential scans, which look cheap over the tables that each refresh empties, nor
-- bitmap scans, which step over what a refresh deleted while a plain one marks it.
alter function erc8004_agent_stats_answer(uuid) set enable_seqscan = off;
alter function erc8004_agent_stats_answer(uuid) set enable_bitmapscan = off;
alter function erc8004_agent_stats_answer(uuid) set plan_cache_mode = force_generic_plan;
alter function erc8004_reputation_answer(uuid) set enable_bitmapscan = off;
alter function erc8004_reputation_answer(uuid) set plan_cache_mode = force_generic_plan;
