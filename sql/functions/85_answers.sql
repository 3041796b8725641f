-- The JSON bodies that the API sends most often. PL/pgSQL caches one generic plan for all agents.
-- Sequential scans are off, because they look cheap on tables that each refresh empties. Bitmap
-- scans are off, because they do not mark the index entries of rows that a refresh deleted.

-- Return the bodies of GET /agents/{uuid}/stats of agents, in one plan; no row for an agent that does
-- not exist.
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
  return query
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
      round(v.score, 2)::float8 as score,
      round(v.score_low, 2)::float8 as score_low,
      round(v.score_high, 2)::float8 as score_high,
      round(v.effective_reviewers, 2)::float8 as effective_reviewers,
      v.paying_reviewers,
      v.caveats
    from unnest(agents) as requested (agent_uuid)
    cross join lateral erc8004_agent_stats_now(requested.agent_uuid) as v
  ) as answer;
end;
$$;

-- Return the body of GET /agents/{uuid}/stats; no row if there is no such agent.
create or replace function erc8004_agent_stats_answer(agent uuid) returns setof text
language sql stable
begin atomic
  select answers.body from erc8004_agent_stats_answers(array[agent]) as answers;
end;

-- Return the body of GET /agents/{uuid}/reputation without filters; no row if there is no such
-- agent.
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

-- Return by which claims an agent has a wallet or leads to a place: owner_address, agent_wallet, and
-- the names of the services or fields of its file.
create or replace function erc8004_matched_claims(
  agent uuid, owner_address text, registration_file jsonb, wallet text, place text
) returns text[]
language plpgsql stable
as $$
declare
  places constant tsquery := erc8004_place_query(place, false);
  claims constant record := erc8004_claims(registration_file);
  matched text[] := '{}';
begin
  if owner_address = wallet then
    matched := matched || 'owner_address'::text;
  end if;
  if wallet is not null and exists (
    select
    from erc8004_agent_metadata as m
    where m.agent_uuid = agent
      and m.key = 'agentWallet'
      and m.value = decode(right(wallet, 40), 'hex')
    union all
    select
    from erc8004_agents as a
    where a.id = agent
      and a.agent_wallet = wallet
  ) then
    matched := matched || 'agent_wallet'::text;
  end if;
  return matched || array(
    select 'registration_file.' || left(c.name, 64)
    from unnest(claims.names, claims.places) with ordinality as c (name, place, number)
    cross join lateral (select erc8004_place_word(c.place)) as p (word)
    where erc8004_wallet_word(c.place) = '$' || wallet
      or array_to_tsvector(array_remove(array[p.word, erc8004_host_word(p.word)], null)) @@ places
    order by c.number
    limit 20
  );
end;
$$;

-- Return the rows of a search page; with a wallet or a place, each says by which claims it matched.
-- Long values are cut and named in `truncated`, so that a page of 100 agents is at most 1.2 MB whatever
-- their files contain.
create or replace function erc8004_found_agents(
  agents uuid[], wallet text default null, endpoint text default null
) returns table (
  place bigint,
  agent json
)
language plpgsql stable
set enable_seqscan = off
set enable_bitmapscan = off
as $$
begin
  return query
  select
    requested.place,
    case
      when coalesce(wallet, endpoint) is null then row_to_json(summary)
      else (left(row_to_json(summary)::text, -1) || ',"matched":' || to_json(
        erc8004_matched_claims(
          summary.agent_uuid, summary.owner_address, full_file.registration_file, wallet, endpoint
        )
      ) || '}')::json
    end
  from unnest(agents) with ordinality as requested (agent_uuid, place)
  cross join lateral (
    select
      a.id as agent_uuid,
      a.agent_id::text as agent_id,
      a.chain,
      c.chain_id,
      'eip155:' || c.chain_id as caip2,
      a.registry_address,
      a.owner_address,
      a.status,
      a.claimed,
      left(file.name, 200) as name,
      left(file.description, 300) as description,
      s.services[:20] as services,
      s.x402,
      s.active,
      array_remove(
        array[
          case when length(file.name) > 200 then 'name' end,
          case when length(file.description) > 300 then 'description' end,
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
      s.trust_level,
      s.score::float8 as score,
      s.score_low::float8 as score_low,
      s.score_high::float8 as score_high,
      s.effective_reviewers::float8 as effective_reviewers,
      s.paying_reviewers,
      s.caveats
        || array_remove(
          array[case when c.is_testnet then 'TESTNET' end, case when a.claimed then 'CLAIMED' end],
          null
        ) as caveats
    from erc8004_agents as a
    join erc8004_chains as c on c.name = a.chain
    join erc8004_agent_search as s on s.agent_uuid = a.id
    cross join lateral (
      select
        erc8004_file_text(a.registration_file, 'name') as name,
        erc8004_file_text(a.registration_file, 'description') as description
    ) as file
    where a.id = requested.agent_uuid
  ) as summary
  left join lateral (
    select a.registration_file
    from erc8004_agents as a
    where coalesce(wallet, endpoint) is not null
      and a.id = summary.agent_uuid
  ) as full_file on true
  order by requested.place;
end;
$$;

-- Return a search page: the rows in order as JSON, the last of them, and whether there are more.
-- In that case `matches` has one agent more than page_size. If agents of one owner are folded, each says
-- how many agents it stands for: as many as in owner_matches, or else itself.
create or replace function erc8004_found_page(
  matches uuid[],
  page_size integer,
  wallet text default null,
  endpoint text default null,
  collapse text default null,
  owner_matches bigint[] default null
) returns table (
  agents text,
  last_agent jsonb,
  is_more boolean
)
language plpgsql stable
as $$
begin
  return query
  select
    coalesce(json_agg(counted.agent order by counted.place), '[]')::text,
    (array_agg(counted.agent order by counted.place desc))[1]::jsonb,
    cardinality(matches) > page_size
  from (
    select
      listed.place,
      case
        when collapse is null then listed.agent
        else (
          left(listed.agent::text, -1)
          || ',"owner_matches":' || coalesce(owner_matches[listed.place], 1) || '}'
        )::json
      end as agent
    from erc8004_found_agents(matches[:page_size], wallet, endpoint) as listed
  ) as counted;
end;
$$;
