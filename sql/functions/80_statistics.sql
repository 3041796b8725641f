-- The statistics: of all agents as of the last refresh, of one agent as of now.

-- The statistics of every agent as of the last refresh. Add new columns at the end: PostgreSQL
-- accepts them nowhere else.
create or replace view v_erc8004_agent_stats as
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
    s.successful_payments + s.failed_payments, s.success_rate, s.score_middle, s.score_high,
    s.is_testnet
  ) as trust_level,
  s.claimed,
  s.chain_id,
  'eip155:' || s.chain_id as caip2,
  s.is_testnet,
  s.source,
  s.as_of_block,
  s.score,
  s.score_middle,
  s.score_low,
  s.score_high,
  s.effective_reviewers,
  s.paying_reviewers,
  erc8004_caveats(
    t.reviewers, t.established_reviewers, t.paying_reviewers, t.trusted_reviewers,
    t.reciprocal_reviewers, t.ratings, t.own_ratings, s.unscored_feedback, t.returned_usdc,
    t.backed, t.backed_mean, t.unpaid_reviewers, t.unpaid_mean, s.owner_since, s.registered_at,
    t.last_backed_at, s.successful_payments + s.failed_payments, s.success_rate, s.is_testnet,
    s.claimed, now()
  ) as caveats
from (
  select
    a.id as agent_uuid,
    a.agent_id,
    a.chain,
    c.chain_id,
    c.is_testnet,
    a.registry_address,
    a.owner_address,
    a.status,
    a.claimed,
    a.owner_since,
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
    coalesce(p.unique_endpoints_used, 0) as unique_endpoints_used,
    a.source,
    case when a.source = 'chain' then b.projected_block end as as_of_block,
    r.score,
    r.score_middle,
    r.score_low,
    r.score_high,
    coalesce(r.effective_reviewers, 0) as effective_reviewers,
    coalesce(r.paying_reviewers, 0) as paying_reviewers
  from erc8004_agents as a
  left join erc8004_chains as c on c.name = a.chain
  left join erc8004_chain_cursors as b on b.chain = a.chain
  left join mv_erc8004_agent_reputation as r on r.agent_uuid = a.id
  left join mv_erc8004_agent_payment_stats as p on p.agent_uuid = a.id
) as s
cross join lateral erc8004_trust_of(
  s.agent_uuid, erc8004_public_stake_place(), false
) as t;

-- Return the feedback counts of one agent as of now: the folded counts plus the changes not folded
-- yet.
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

-- Return the payment counts of one agent as of now: the folded counts plus the changes not folded
-- yet.
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

-- Return the row of v_erc8004_agent_stats of one agent, as of now.
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
      p.successful_payments + p.failed_payments, p.success_rate, t.middle, t.high, c.is_testnet
    ),
    a.claimed,
    c.chain_id,
    'eip155:' || c.chain_id,
    c.is_testnet,
    a.source,
    case when a.source = 'chain' then b.projected_block end,
    round(t.score, 12),
    trunc(t.middle, 12),
    trunc(t.low, 12),
    trunc(t.high, 12),
    round(t.effective_reviewers, 12),
    t.paying_reviewers,
    erc8004_caveats(
      t.reviewers, t.established_reviewers, t.paying_reviewers, t.trusted_reviewers,
      t.reciprocal_reviewers, t.ratings, t.own_ratings, f.unscored_feedback, t.returned_usdc,
      t.backed, t.backed_mean, t.unpaid_reviewers, t.unpaid_mean, a.owner_since, a.created_at,
      t.last_backed_at, p.successful_payments + p.failed_payments, p.success_rate, c.is_testnet,
      a.claimed, now()
    )
  from erc8004_agents as a
  left join erc8004_chains as c on c.name = a.chain
  left join erc8004_chain_cursors as b on b.chain = a.chain
  cross join lateral erc8004_feedback_now(a.id) as f
  cross join lateral erc8004_payments_now(a.id) as p
  cross join lateral erc8004_trust_of(a.id, erc8004_public_stake_place(), true) as t
  where a.id = agent;
end;
