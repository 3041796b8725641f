-- The JSON of what is asked most, made by functions that keep their plan: to read and plan
-- the text that makes it took as long as to find what it shows.

-- All statistics of one agent as of now, as the JSON to answer; no row where there is no such
-- agent.
create function erc8004_agent_stats_answer(agent uuid) returns setof text
language plpgsql stable
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

-- The reputation of one agent over all its feedback as of now, as the JSON to answer; no row
-- where there is no such agent, which is looked up by its key however few there are.
create function erc8004_reputation_answer(agent uuid) returns setof text
language plpgsql stable
set enable_seqscan = off
as $$
begin
  return query
  select row_to_json(answer)::text
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
    where a.id = agent
  ) as answer;
end;
$$;

-- What a search shows of its first matches, of which one more than page_size tells that there
-- are others: them as JSON in their order, the last of them, and whether there are more.
create function erc8004_found_page(matches uuid[], page_size integer) returns table (
  agents text,
  last_agent jsonb,
  is_more boolean
)
language plpgsql stable
as $$
begin
  return query
  select
    coalesce(json_agg(listed.agent order by listed.place), '[]')::text,
    (array_agg(listed.agent order by listed.place desc))[1]::jsonb,
    cardinality(matches) > page_size
  from erc8004_found_agents(matches[:page_size]) as listed;
end;
$$;
