-- The JSON bodies of the statistics and the reputation of one agent. PL/pgSQL caches one generic plan for
-- all agents with changes that are not folded yet, and one for all others. Sequential scans are off,
-- because they look cheap on tables that each refresh empties. Bitmap scans are off, because they do not
-- mark the index entries of rows that a refresh deleted.

-- Return the bodies of GET /agents/{uuid}/stats of agents, with the changes not folded yet if these are
-- asked for; no row for an agent that does not exist.
create or replace function erc8004_agent_stats_bodies(agents uuid[], with_changes boolean)
returns table (
  agent_uuid uuid,
  body text
)
language sql stable
begin atomic
  select answer.agent_uuid, row_to_json(answer)::text
  from (
    select
      v.agent_uuid,
      v.agent_id::text as agent_id,
      v.chain,
      v.chain_id,
      v.caip2,
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
      erc8004_timestamp(now()) as as_of,
      v.is_testnet,
      v.source,
      v.as_of_block,
      round(v.score, 2)::float8 as score,
      round(v.score_low, 2)::float8 as score_low,
      round(v.score_high, 2)::float8 as score_high,
      round(v.effective_reviewers, 2)::float8 as effective_reviewers,
      v.paying_reviewers,
      v.caveats
    from unnest(agents) as requested (agent_uuid)
    cross join lateral (
      select
        n.agent_uuid, n.agent_id, n.chain, n.chain_id, n.caip2, n.registry_address,
        n.owner_address, n.status, n.claimed, n.registered_at, n.last_activity_at,
        n.total_feedback, n.average_score, n.positive_feedback, n.negative_feedback,
        n.revoked_feedback, n.unscored_feedback, n.unique_clients, n.last_feedback_at,
        n.total_payments, n.total_amount_usdc, n.successful_payments, n.failed_payments,
        n.avg_payment_amount, n.success_rate, n.last_payment_at, n.unique_endpoints_used,
        n.trust_level, n.is_testnet, n.source, n.as_of_block, n.score, n.score_low, n.score_high,
        n.effective_reviewers, n.paying_reviewers, n.caveats
      from erc8004_agent_stats_of(requested.agent_uuid, with_changes) as n
      -- Each agent is looked up, however many the planner expects.
      offset 0
    ) as v
  ) as answer;
end;

-- Return the bodies of GET /agents/{uuid}/stats of agents as of now, in one plan; no row for an agent
-- that does not exist.
create or replace function erc8004_agent_stats_answers(agents uuid[]) returns table (
  agent_uuid uuid,
  body text
)
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  if erc8004_are_changed(agents) then
    return query select b.agent_uuid, b.body from erc8004_agent_stats_bodies(agents, true) as b;
  else
    return query select b.agent_uuid, b.body from erc8004_agent_stats_bodies(agents, false) as b;
  end if;
end;
$$;

-- Return the body of GET /agents/{uuid}/stats; no row if there is no such agent.
create or replace function erc8004_agent_stats_answer(agent uuid) returns setof text
language sql stable
begin atomic
  select answers.body from erc8004_agent_stats_answers(array[agent]) as answers;
end;

-- Return the body of GET /agents/{uuid}/reputation without filters, with the changes not folded yet if
-- these are asked for; no row if there is no such agent.
create or replace function erc8004_reputation_body(agent uuid, with_changes boolean)
returns setof text
language sql stable
begin atomic
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
      erc8004_timestamp(now()) as as_of,
      case when a.source = 'chain' then b.projected_block end as as_of_block
    from erc8004_agents as a
    left join erc8004_chain_cursors as b on b.chain = a.chain
    cross join lateral erc8004_feedback_of(a.id, with_changes) as f
    where a.id = agent
  ) as answer;
end;

-- Return the body of GET /agents/{uuid}/reputation without filters, as of now; no row if there is no
-- such agent.
create or replace function erc8004_reputation_answer(agent uuid) returns setof text
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
begin
  if erc8004_are_changed(array[agent]) then
    return query select b.body from erc8004_reputation_body(agent, true) as b (body);
  else
    return query select b.body from erc8004_reputation_body(agent, false) as b (body);
  end if;
end;
$$;
