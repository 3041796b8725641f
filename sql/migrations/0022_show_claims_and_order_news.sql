-- What is answered of an agent shows whether it is claimed and is bounded; and what a registry
-- said later is known to be later.

-- Where in its block a fact of an agent stands.
alter table erc8004_agents
  add column log_index integer,
  add constraint ck__erc8004_agents__log_index
    check (log_index is null or (log_index >= 0 and block_number is not null));

-- The place of a fact in the order in which its registry told them: by block, then by position
-- in the block; what has none comes before all that has one. Of two places the lower is older.
create function erc8004_position(block_number bigint, log_index integer) returns bigint[]
language sql immutable parallel safe
return array[coalesce(block_number, -1), coalesce(log_index, -1)];

-- As before, with the claim at the end, where PostgreSQL takes a new column of a view.
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
    s.successful_payments + s.failed_payments, s.success_rate, s.average_score
  ) as trust_level,
  s.claimed
from (
  select
    a.id as agent_uuid,
    a.agent_id,
    a.chain,
    a.registry_address,
    a.owner_address,
    a.status,
    a.claimed,
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

-- As before, with the claim.
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
    ),
    a.claimed
  from erc8004_agents as a
  cross join lateral erc8004_feedback_now(a.id) as f
  cross join lateral erc8004_payments_now(a.id) as p
  where a.id = agent;
end;

-- As before, with the claim.
create or replace function erc8004_agent_stats_answer(agent uuid) returns setof text
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select row_to_json(answer)::text
  from (
    select
      v.agent_uuid,
      v.agent_id::text as agent_id,
      v.chain,
      v.registry_address,
      v.owner_address,
      v.status,
      v.claimed,
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
    from erc8004_agent_stats_now(agent) as v
  ) as answer;
end;
$$;

-- As before, with the claim.
create or replace function erc8004_reputation_answer(agent uuid) returns setof text
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select row_to_json(answer)::text
  from (
    select
      a.id as agent_uuid,
      a.claimed,
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
    where a.id = agent
  ) as answer;
end;
$$;

-- As before, with the claim; what owners may write at any length is cut, and named where it is:
-- a page of a hundred agents is never longer than 1.2 MB, whatever their files hold.
create or replace function erc8004_found_agents(agents uuid[]) returns table (
  place bigint,
  agent json
)
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  return query
  select given.place, row_to_json(summary)
  from unnest(agents) with ordinality as given (agent_uuid, place)
  cross join lateral (
    select
      a.id as agent_uuid,
      a.agent_id::text as agent_id,
      a.chain,
      a.registry_address,
      a.owner_address,
      a.status,
      a.claimed,
      left(told.name, 200) as name,
      left(told.description, 300) as description,
      s.services[:20] as services,
      s.x402,
      array_remove(
        array[
          case when length(told.name) > 200 then 'name' end,
          case when length(told.description) > 300 then 'description' end,
          case when cardinality(s.services) > 20 then 'services' end
        ],
        null
      ) as truncated,
      erc8004_timestamp(s.registered_at) as registered_at,
      erc8004_timestamp(s.last_activity_at) as last_activity_at,
      s.total_feedback,
      s.average_score::float8 as average_score,
      s.total_payments,
      s.success_rate::float8 as success_rate,
      s.trust_level
    from erc8004_agents as a
    join erc8004_agent_search as s on s.agent_uuid = a.id
    cross join lateral (
      select
        erc8004_file_text(a.registration_file, 'name') as name,
        erc8004_file_text(a.registration_file, 'description') as description
    ) as told
    where a.id = given.agent_uuid
  ) as summary
  order by given.place;
end;
$$;
