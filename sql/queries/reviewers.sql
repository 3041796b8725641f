-- name: upsert_trusted
-- Trust reviewers, or change the notes of those who are trusted already; return how many are new.
with upserted as (
  insert into erc8004_trusted_reviewers as t (client_address, note)
  select distinct on (given.client_address) given.client_address, given.note
  from unnest(%(addresses)s::text[], %(notes)s::text[]) with ordinality
    as given (client_address, note, place)
  order by given.client_address, given.place desc
  on conflict on constraint pk__erc8004_trusted_reviewers do update
  set note = coalesce(excluded.note, t.note)
  returning xmax = 0 as is_new
)
select count(*) filter (where u.is_new) as added, count(*) as given from upserted as u;

-- name: delete_trusted
-- Trust a reviewer no more; return no row for one who was not trusted.
delete from erc8004_trusted_reviewers as t
where t.client_address = %(address)s
returning t.client_address;

-- name: list_trusted
-- Return the reviewers whom the operator trusts, those added last first, and whether a refresh has
-- counted them.
select
  t.client_address,
  t.note,
  t.added_at,
  coalesce(r.is_trusted, false) as is_counted,
  (
    select count(*)
    from erc8004_client_counts as c
    where c.client_address = t.client_address
      and c.voice is not null
  ) as agents
from erc8004_trusted_reviewers as t
left join erc8004_reviewers as r on r.client_address = t.client_address
order by t.added_at desc, t.client_address
limit 10000;

-- name: list_suggested
-- Return the wallets of valid keys in paid tiers that are not trusted, and how many agents each has
-- rated, those with the most first.
select k.wallet_address as client_address, k.names, rated.agents
from (
  select
    k.wallet_address, string_agg(distinct k.name, ', ' order by k.name) as names
  from api_keys as k
  where k.status = 'active'
    and k.tier <> 'free'
    and k.wallet_address is not null
    and coalesce(k.expires_at > now(), true)
  group by k.wallet_address
) as k
cross join lateral (
  select count(*) as agents
  from erc8004_client_counts as c
  where c.client_address = k.wallet_address
    and c.voice is not null
) as rated
where not exists (
  select from erc8004_trusted_reviewers as t where t.client_address = k.wallet_address
)
order by rated.agents desc, k.wallet_address
limit 1000;

-- name: get_by_address
-- Return what the last refresh knows of one reviewer: since when, whom it rated and paid, and how
-- uniform its voices are; over the first 10,000 agents that it rated or paid. No row for a stranger.
with pairs as materialized (
  select
    c.voice, c.rating_count, c.paid_usdc, c.net_usdc, c.returned_usdc, c.is_reciprocal
  from erc8004_client_counts as c
  where c.client_address = %(address)s
  order by c.first_feedback_at
  limit 10001
),
voices as materialized (
  select p.voice, p.rating_count, p.net_usdc, p.returned_usdc, p.is_reciprocal
  from pairs as p
  where p.voice is not null
)
select
  %(address)s as address,
  r.first_seen_at,
  coalesce(r.is_established, false) as is_established,
  coalesce(r.is_trusted, false) as is_trusted,
  rated.owners,
  rated.agents,
  rated.ratings,
  rated.reciprocal_agents,
  paid.paid_agents,
  paid.paid_usdc::numeric(30, 6)::text as paid_usdc,
  rated.net_usdc::numeric(30, 6)::text as net_usdc,
  rated.returned_usdc::numeric(30, 6)::text as returned_usdc,
  rated.mean_voice,
  rated.deviation,
  rated.most_common_voice,
  case when rated.agents > 0 then
    round(
      100.0 * (
        select count(*) from voices as v where v.voice = round(100 * rated.most_common_voice::numeric)
      ) / rated.agents,
      2
    )::float8
  end as most_common_share,
  array(
    select (
      select count(*) from voices as v where least(v.voice / 1000, 9) = b.bucket
    )
    from generate_series(0, 9) as b (bucket)
    order by b.bucket
  ) as voice_counts,
  paid.pairs > 10000 as is_truncated,
  erc8004_stats_as_of() as as_of
from (
  select
    count(*) as agents,
    coalesce(sum(v.rating_count), 0)::bigint as ratings,
    count(*) filter (where v.is_reciprocal) as reciprocal_agents,
    coalesce(sum(v.net_usdc), 0) as net_usdc,
    coalesce(sum(v.returned_usdc), 0) as returned_usdc,
    round(avg(v.voice) / 100, 2)::float8 as mean_voice,
    round(stddev_pop(v.voice) / 100, 2)::float8 as deviation,
    (mode() within group (order by v.voice) / 100.0)::float8 as most_common_voice,
    (
      select count(*)
      from (
        select
        from erc8004_rated_parties as p
        where p.client_address = %(address)s
          and p.owned_agents > 0
        limit 10001
      ) as few
    ) as owners
  from voices as v
) as rated
cross join (
  select
    count(*) as pairs,
    count(*) filter (where p.paid_usdc > 0) as paid_agents,
    coalesce(sum(p.paid_usdc), 0) as paid_usdc
  from pairs as p
) as paid
left join erc8004_reviewers as r on r.client_address = %(address)s
where paid.pairs > 0
  or r.client_address is not null;

-- name: list_agents
-- Return the agents on which a reviewer has a voice, those rated last first, from the row after the
-- cursor; only those whose owner rates its agents in return if asked for.
select
  c.agent_uuid,
  a.chain,
  a.agent_id::text as agent_id,
  a.owner_address,
  left(erc8004_file_text(a.registration_file, 'name'), 200) as name,
  (c.voice / 100.0)::float8 as voice,
  c.rating_count as ratings,
  c.paid_usdc::numeric(30, 6)::text as paid_usdc,
  c.net_usdc::numeric(30, 6)::text as net_usdc,
  c.returned_usdc::numeric(30, 6)::text as returned_usdc,
  c.is_reciprocal,
  c.first_feedback_at,
  c.last_rating_at
from erc8004_client_counts as c
join erc8004_agents as a on a.id = c.agent_uuid
where c.client_address = %(address)s
  and c.voice is not null
  and (%(reciprocal)s::boolean is null or c.is_reciprocal = %(reciprocal)s::boolean)
  and (
    %(after_time)s::timestamptz is null
    or (c.first_feedback_at, c.agent_uuid) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
  )
order by c.first_feedback_at desc, c.agent_uuid desc
limit %(limit)s;

-- name: list_tags
-- Return the tags of a reviewer in order, from that after the cursor, and how many records have each;
-- of the newest 100 records on each of the 1,000 agents that it rated last.
select t.tag1 as tag, count(*) as feedback
from (
  select c.agent_uuid
  from erc8004_client_counts as c
  where c.client_address = %(address)s
    and c.first_feedback_at is not null
  order by c.first_feedback_at desc
  limit 1000
) as rated
cross join lateral (
  select coalesce(r.tag1, '') as tag1
  from erc8004_reputation as r
  where r.agent_uuid = rated.agent_uuid
    and r.client_address = %(address)s
  order by r.created_at desc, r.id desc
  limit 100
) as t
where %(after_key)s::text is null
  or t.tag1 collate "C" > %(after_key)s::text collate "C"
group by t.tag1
order by t.tag1 collate "C"
limit %(limit)s;

-- name: get_owner
-- Return the agents of an owner by chain, and how many reviewers have a voice on any of them, each
-- counted once; no row if there are none. At most 10,000 agents and 100,000 reviewers are counted.
select
  %(address)s as address,
  sum(counted.agents)::bigint as agents,
  json_agg(
    json_build_object(
      'chain', counted.chain, 'chain_id', c.chain_id, 'caip2', 'eip155:' || c.chain_id,
      'agents', counted.agents
    )
    order by counted.agents desc, counted.chain
  ) as chains,
  (
    select count(*)
    from (
      select
      from erc8004_rated_parties as p
      where p.party_address = %(address)s
        and p.owned_agents > 0
      limit 100000
    ) as few
  ) as reviewers,
  erc8004_stats_as_of() as as_of
from (
  select few.chain, count(*) as agents
  from (
    select s.chain
    from erc8004_agent_search as s
    where s.owner_address = %(address)s
    limit 10000
  ) as few
  group by few.chain
) as counted
join erc8004_chains as c on c.name = counted.chain
having count(*) > 0;

-- name: list_agents_of_owner
-- Return the agents of an owner on every chain and in every status, the newest first, from the row
-- after the cursor.
select found.agent, listed.registered_at as created_at, listed.agent_uuid
from (
  select
    s.agent_uuid,
    s.registered_at,
    row_number() over (order by s.registered_at desc, s.agent_uuid desc) as place
  from erc8004_agent_search as s
  where s.owner_address = %(address)s
    and (
      %(after_time)s::timestamptz is null
      or (s.registered_at, s.agent_uuid) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
    )
  order by s.registered_at desc, s.agent_uuid desc
  limit %(limit)s
) as listed
cross join lateral erc8004_found_agents(array[listed.agent_uuid]) as found
order by listed.place
limit %(limit)s;
