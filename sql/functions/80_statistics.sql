-- The statistics of all agents as of the last refresh.

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
