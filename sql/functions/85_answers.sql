-- The rows of search pages as JSON. PL/pgSQL caches their plans.

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
      c.is_testnet,
      a.source,
      case when a.source = 'chain' then p.projected_block end as as_of_block,
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
    left join erc8004_chain_cursors as p on p.chain = a.chain
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
