-- Statistics: two materialized views, the view that joins them to the agents,
-- and the rule for trust.

create materialized view mv_erc8004_agent_reputation as
select
  a.id as agent_uuid,
  a.chain,
  a.owner_address,
  count(*) filter (where not r.is_revoked) as total_feedback,
  round(avg(r.score) filter (where not r.is_revoked), 2) as average_score,
  count(*) filter (where not r.is_revoked and r.score >= 80) as positive_feedback,
  count(*) filter (where not r.is_revoked and r.score < 50) as negative_feedback,
  count(*) filter (where r.is_revoked) as revoked_feedback,
  count(*) filter (where not r.is_revoked and r.score is null) as unscored_feedback,
  count(distinct r.client_address) filter (where not r.is_revoked) as unique_clients,
  max(r.created_at) filter (where not r.is_revoked) as last_feedback_at
from erc8004_reputation as r
join erc8004_agents as a on a.id = r.agent_uuid
group by a.id
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
  count(*) as total_payments,
  coalesce(sum(p.amount_usdc) filter (where p.status = 'verified'), 0) as total_amount_usdc,
  count(*) filter (where p.status = 'verified') as successful_payments,
  count(*) filter (where p.status in ('failed', 'rejected')) as failed_payments,
  round(avg(p.amount_usdc) filter (where p.status = 'verified'), 6) as avg_payment_amount,
  round(
    100.0 * count(*) filter (where p.status = 'verified')
    / nullif(count(*) filter (where p.status <> 'pending'), 0),
    2
  ) as success_rate,
  max(p.created_at) as last_payment_at,
  count(distinct p.endpoint) as unique_endpoints_used
from erc8004_agent_payments as p
group by p.agent_uuid
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
