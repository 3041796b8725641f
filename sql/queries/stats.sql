-- name: get_by_agent
-- All statistics of one agent as of now, as the JSON to answer.
select row_to_json(answer)::text as body
from (
  select
    v.agent_uuid,
    v.agent_id::text as agent_id,
    v.chain,
    v.registry_address,
    v.owner_address,
    v.status,
    erc8004_timestamp(v.registered_at) as registered_at,
    erc8004_timestamp(v.last_activity_at) as last_activity_at,
    v.total_feedback,
    v.average_score::float8 as average_score,
    v.positive_feedback,
    v.negative_feedback,
    v.revoked_feedback,
    v.unscored_feedback,
    v.unique_clients,
    erc8004_timestamp(v.last_feedback_at) as last_feedback_at,
    v.total_payments,
    v.total_amount_usdc::numeric(30, 6)::text as total_amount_usdc,
    v.successful_payments,
    v.failed_payments,
    v.avg_payment_amount::numeric(30, 6)::text as avg_payment_amount,
    v.success_rate::float8 as success_rate,
    erc8004_timestamp(v.last_payment_at) as last_payment_at,
    v.unique_endpoints_used,
    v.trust_level,
    erc8004_timestamp(now()) as as_of
  from erc8004_agent_stats_now(%(agent_uuid)s) as v
) as answer;

-- name: get_reputation
-- The reputation of one agent over all its feedback as of now, as the JSON to answer.
select row_to_json(answer)::text as body
from (
  select
    a.id as agent_uuid,
    f.total_feedback,
    f.average_score::float8 as average_score,
    f.positive_feedback,
    f.negative_feedback,
    f.revoked_feedback,
    f.unscored_feedback,
    f.unique_clients,
    erc8004_timestamp(f.last_feedback_at) as last_feedback_at,
    erc8004_timestamp(now()) as as_of
  from erc8004_agents as a
  cross join lateral erc8004_feedback_now(a.id) as f
  where a.id = %(agent_uuid)s
) as answer;

-- name: get_reputation_narrowed
-- The reputation of one agent over the feedback of the given clients and tags, as of now.
select
  a.id as agent_uuid,
  count(r.id) filter (where not r.is_revoked) as total_feedback,
  round(avg(r.score) filter (where not r.is_revoked), 2)::float8 as average_score,
  count(r.id) filter (where not r.is_revoked and r.score >= 80) as positive_feedback,
  count(r.id) filter (where not r.is_revoked and r.score < 50) as negative_feedback,
  count(r.id) filter (where r.is_revoked) as revoked_feedback,
  count(r.id) filter (where not r.is_revoked and r.score is null) as unscored_feedback,
  count(distinct r.client_address) filter (where not r.is_revoked) as unique_clients,
  max(r.created_at) filter (where not r.is_revoked) as last_feedback_at,
  now() as as_of
from erc8004_agents as a
left join erc8004_reputation as r
  on r.agent_uuid = a.id
  and (%(client_address)s::text[] is null or r.client_address = any(%(client_address)s::text[]))
  and (%(tag1)s::text is null or r.tag1 = %(tag1)s)
  and (%(tag2)s::text is null or r.tag2 = %(tag2)s)
where a.id = %(agent_uuid)s
group by a.id;

-- name: get_totals
-- What the last refresh counted over all agents, and how old it is.
select
  f.totals,
  f.began_at as as_of,
  f.ended_at as refreshed_at,
  f.fold_seconds,
  f.reputation_seconds,
  f.payment_seconds,
  f.search_seconds,
  extract(epoch from now() - f.began_at)::float8 as age_seconds
from erc8004_stats_refreshes as f
order by f.began_at desc, f.id desc
limit 1;

-- name: get_as_of
-- When the newest statistics were computed, as the API writes times.
select erc8004_timestamp(erc8004_stats_as_of()) as as_of;

-- name: refresh
-- Refresh every statistic; false where another refresh was running already.
select refresh_erc8004_stats(%(from_history)s) as refreshed;
