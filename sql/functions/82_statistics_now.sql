-- The statistics of one agent as of now. With `with_changes`, a function includes the changes that are not
-- folded yet. If there are none, the result is the same without them, and the planner leaves out the part
-- that reads them, which is most of the plan. So an answer calls erc8004_are_changed() first, and has two
-- plans.

-- Return whether any of the agents has changes that are not folded yet.
create or replace function erc8004_are_changed(agents uuid[]) returns boolean
language plpgsql stable
as $$
begin
  return exists (select from erc8004_feedback_changes as c where c.agent_uuid = any(agents))
    or exists (select from erc8004_payment_changes as c where c.agent_uuid = any(agents));
end;
$$;

-- Return the feedback counts of one agent: the folded counts, plus the changes not folded yet if these
-- are asked for.
create or replace function erc8004_feedback_of(agent uuid, with_changes boolean) returns table (
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
      f.unique_clients,
      f.last_feedback_at
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
      ((coalesce(c.total_feedback, 0) + b.total_feedback > 0)::int
        - (coalesce(c.total_feedback, 0) > 0)::int)::bigint,
      null::timestamptz
    from by_client as b
    left join erc8004_client_counts as c
      on c.agent_uuid = agent and c.client_address = b.client_address
    where with_changes
  )
  select
    coalesce(sum(p.total_feedback), 0)::bigint,
    round(sum(p.score_sum) / nullif(sum(p.scored_feedback), 0), 2),
    coalesce(sum(p.positive_feedback), 0)::bigint,
    coalesce(sum(p.negative_feedback), 0)::bigint,
    coalesce(sum(p.revoked_feedback), 0)::bigint,
    coalesce(sum(p.total_feedback) - sum(p.scored_feedback), 0)::bigint,
    coalesce(sum(p.unique_clients), 0)::bigint,
    case when with_changes then erc8004_last_feedback_at(agent) else max(p.last_feedback_at) end
  from parts as p;
end;

-- Return the feedback counts of one agent as of now.
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
  select
    f.total_feedback, f.average_score, f.positive_feedback, f.negative_feedback, f.revoked_feedback,
    f.unscored_feedback, f.unique_clients, f.last_feedback_at
  from erc8004_feedback_of(agent, true) as f;
end;

-- Return the payment counts of one agent: the folded counts, plus the changes not folded yet if these
-- are asked for.
create or replace function erc8004_payments_of(agent uuid, with_changes boolean) returns table (
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
      c.unique_endpoints_used,
      c.last_payment_at
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
      end::bigint,
      null::timestamptz
    from by_endpoint as b
    left join erc8004_endpoint_counts as e
      on e.agent_uuid = agent and e.endpoint_hash = b.endpoint_hash
    where with_changes
  ),
  summed as (
    select
      coalesce(sum(p.total_payments), 0)::bigint as total_payments,
      coalesce(sum(p.successful_payments), 0)::bigint as successful_payments,
      coalesce(sum(p.failed_payments), 0)::bigint as failed_payments,
      coalesce(sum(p.total_amount_usdc), 0) as total_amount_usdc,
      coalesce(sum(p.unique_endpoints_used), 0)::bigint as unique_endpoints_used,
      max(p.last_payment_at) as last_payment_at
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
    case when with_changes then erc8004_last_payment_at(agent) else s.last_payment_at end,
    s.unique_endpoints_used
  from summed as s;
end;

-- Return the payment counts of one agent as of now.
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
  select
    p.total_payments, p.total_amount_usdc, p.successful_payments, p.failed_payments,
    p.avg_payment_amount, p.success_rate, p.last_payment_at, p.unique_endpoints_used
  from erc8004_payments_of(agent, true) as p;
end;

-- Return the row of v_erc8004_agent_stats of one agent, with the changes not folded yet if these are
-- asked for.
create or replace function erc8004_agent_stats_of(agent uuid, with_changes boolean)
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
  cross join lateral erc8004_feedback_of(a.id, with_changes) as f
  cross join lateral erc8004_payments_of(a.id, with_changes) as p
  cross join lateral erc8004_trust_of(a.id, erc8004_public_stake_place(), with_changes) as t
  where a.id = agent;
end;

-- Return the row of v_erc8004_agent_stats of one agent, as of now.
create or replace function erc8004_agent_stats_now(agent uuid)
returns setof v_erc8004_agent_stats
language sql stable
begin atomic
  select
    v.agent_uuid, v.agent_id, v.chain, v.registry_address, v.owner_address, v.status,
    v.registered_at, v.last_activity_at, v.total_feedback, v.average_score, v.positive_feedback,
    v.negative_feedback, v.revoked_feedback, v.unscored_feedback, v.unique_clients,
    v.last_feedback_at, v.total_payments, v.total_amount_usdc, v.successful_payments,
    v.failed_payments, v.avg_payment_amount, v.success_rate, v.last_payment_at,
    v.unique_endpoints_used, v.trust_level, v.claimed, v.chain_id, v.caip2, v.is_testnet, v.source,
    v.as_of_block, v.score, v.score_middle, v.score_low, v.score_high, v.effective_reviewers,
    v.paying_reviewers, v.caveats
  from erc8004_agent_stats_of(agent, true) as v;
end;
