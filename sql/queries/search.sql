-- part: in_order
-- The order of the given sort, for agents that are sorted.
f.count_up,
      f.count_down desc,
      f.score_up nulls last,
      f.score_down desc nulls last,
      f.time_up,
      f.time_down desc,
      f.uuid_down desc,
      f.agent_uuid

-- part: scanned
-- One page in the order of the index of the sort, for the agents that are known to it, or in the
-- order of the index of registration, for the others; the parameter part selects one of them, from
-- its start or its cursor.
scanned as materialized (
  select row_number() over () as position, along.agent_uuid
  from (
    select m.agent_uuid
    from matching as m
    where case %(part)s
        when 'known' then m.is_known and m.is_known_after
        when 'unknown' then not m.is_known and m.is_unknown_after
      end
      and m.matches_text
    order by
      case %(part)s when 'known' then m.count_up end,
      case %(part)s when 'known' then m.count_down end desc,
      case %(part)s when 'known' then m.score_up end,
      case %(part)s when 'known' then m.score_down end desc,
      m.time_up,
      m.time_down desc,
      m.uuid_down desc,
      m.agent_uuid
    limit %(limit)s::bigint + %(offset)s
  ) as along
)

-- part: found
-- What the page of the agents that match is made of.
select
  s.agent_uuid,
  case when %(collapse)s::text is not null then s.owner_address end as owner_address,
  s.count_up,
  s.count_down,
  s.score_up,
  s.score_down,
  s.time_up,
  s.time_down,
  s.uuid_down,
  s.driving_score,
  s.driving_count,
  case when s.is_known then s.is_known_after else s.is_unknown_after end as is_after
from matching as s
where {matching_agents.has_texts}

-- part: driven
-- The order of the figure whose index finds the matches; none without one.
case when %(driving_column)s::text is not null then f.driving_score end,
case when %(driving_column)s::text is not null then f.driving_count end

-- part: page_of_found
-- The page of the agents in found.
candidates as materialized (
  select
    f.agent_uuid,
    f.owner_address,
    f.count_up,
    f.count_down,
    f.score_up,
    f.score_down,
    f.time_up,
    f.time_down,
    f.uuid_down,
    case
      when %(sort)s = 'relevance' and %(after_uuid)s::uuid is not null then
        f.count_up > %(after_number)s::bigint
        or (
          f.count_up = %(after_number)s::bigint
          and (f.time_down, f.uuid_down) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        )
      else f.is_after
    end as is_after
  from found as f
  order by {driven}
  limit %(sort_limit)s + 1
),
candidate_count as materialized (
  select
    count(*) as total,
    count(*) <= %(sort_limit)s as is_all
  from candidates
),
counted as materialized (
  select
    case
      when c.is_all or %(sort_limit)s >= %(counted_up_to)s or %(total)s is not null then c.total
      else (
        select count(*)
        from (
          select from found as f order by {driven} limit %(counted_up_to)s + 1
        ) as counted
      )
    end as total
  from candidate_count as c
),
first_of_owner as materialized (
  select owned.agent_uuid, owned.matches
  from (
    select
      f.agent_uuid,
      count(*) over (partition by f.owner_address) as matches,
      row_number() over (partition by f.owner_address order by {in_order}) as place
    from candidates as f
    where %(collapse)s::text is not null
      and (select is_all from candidate_count)
  ) as owned
  where owned.place = 1
),
page as (
  select row_number() over () as position, ordered.agent_uuid, ordered.rank
  from (
    select
      f.agent_uuid,
      case %(sort)s when 'relevance' then f.count_up end as rank
    from candidates as f
    where (select is_all from candidate_count)
      and f.is_after
      and (
        %(collapse)s::text is null
        or f.agent_uuid in (select first.agent_uuid from first_of_owner as first)
      )
    order by {in_order}
    limit %(limit)s
    offset %(offset)s
  ) as ordered
  union all
  select w.position - %(offset)s, w.agent_uuid, null
  from scanned as w
  where not (select is_all from candidate_count)
    and w.position > %(offset)s
)
select
  coalesce(
    %(total)s,
    case
      when %(collapse)s::text is not null and candidate_count.is_all
      then (select count(*) from first_of_owner)
    end,
    counted.total
  ) as total,
  erc8004_timestamp(erc8004_stats_as_of()) as as_of,
  erc8004_stats_refresh_number() as refresh,
  case when not candidate_count.is_all then (select count(*) from scanned) end as scanned,
  (select p.rank from page as p where p.position < %(limit)s order by p.position desc limit 1)
    as last_rank,
  case
    when %(q)s::text is not null and %(after_uuid)s::uuid is null and counted.total < 3
    then erc8004_corrected_text(%(q)s)
  end as correction,
  shown.agents,
  shown.last_agent,
  shown.is_more
from counted
cross join candidate_count
cross join erc8004_found_page(
  array(select page.agent_uuid from page order by page.position), %(limit)s - 1,
  %(wallet)s, %(endpoint)s, %(collapse)s,
  array(
    select first.matches
    from page
    join first_of_owner as first on first.agent_uuid = page.agent_uuid
    order by page.position
  )
) as shown;

-- name: list_agents
-- Return one page of the agents that match every given filter, in the order of the given sort, as
-- the JSON of the answer; the last of them, and whether there are more; and how many match in all,
-- counted up to 10,001 unless an earlier page has counted them. Few matches are far apart in the
-- index of a sort, and the planner cannot know how many match: up to sort_limit matches are read
-- and sorted; only if there are more, one part is scanned. The matches are read in the order of a
-- figure with a minimum, if any, whose index finds them quickly. If agents of one owner are folded, only
-- the first of them in the order of the sort is on a page, and total counts owners.
with {matching_agents.matching},
{scanned},
found as not materialized (
  {found}
),
{page_of_found}

-- name: list_agents_by_text
-- Return the same page if there is a filter by texts. Because found is materialized, the planner
-- chooses the cheapest way to all that match, which is an index of texts; it would think that the first
-- few are found sooner by reading the table, as it expects them evenly spread. They are read only
-- up to the limit all the same.
with {matching_agents.matching},
{scanned},
found as materialized (
  {found}
),
{page_of_found}

-- name: list_agents_of_many
-- Return the same page if more than sort_limit agents match, as an earlier page has counted: only
-- by scanning.
with {matching_agents.matching},
{scanned}
select
  %(total)s as total,
  erc8004_timestamp(erc8004_stats_as_of()) as as_of,
  erc8004_stats_refresh_number() as refresh,
  (select count(*) from scanned) as scanned,
  null::integer as last_rank,
  null::text as correction,
  shown.agents,
  shown.last_agent,
  shown.is_more
from erc8004_found_page(
  array(select w.agent_uuid from scanned as w where w.position > %(offset)s order by w.position),
  %(limit)s - 1, %(wallet)s, %(endpoint)s, %(collapse)s
) as shown;

-- name: get_facets
-- Return how many agents match by chain, level, status, claim, testnet and proof, as JSON: each counted
-- among those that the other choices leave, where the matches are those without any of these choices, or
-- with all of them. At most one more than may be counted is read, and total says how many.
with {matching_agents.matching},
found as materialized (
  select
    s.chain,
    s.trust_level,
    s.status,
    s.claimed,
    s.is_testnet,
    s.verified,
    coalesce(s.chain = %(of_chain)s::text, true) as is_chain,
    coalesce(s.trust_level = any(%(of_trust_level)s::text[]), true) as is_level,
    coalesce(s.status = %(of_status)s::text, true) as is_status,
    coalesce(s.claimed = %(of_claimed)s::boolean, true) as is_claimed,
    coalesce(s.is_testnet = %(of_testnet)s::boolean, true) as is_net,
    coalesce(s.is_testnet = %(of_testnet_given)s::boolean, true) as is_net_given,
    coalesce(s.verified = %(of_verified)s::boolean, true) as is_verified
  from matching as s
  where {matching_agents.has_texts}
  limit %(counted_up_to)s + 1
),
counted (facet, choice, agents) as (
  select 'chain', f.chain, count(*)
  from found as f
  where f.is_level and f.is_status and f.is_claimed and f.is_net_given and f.is_verified
  group by f.chain
  union all
  select 'trust_level', f.trust_level, count(*)
  from found as f
  where f.is_chain and f.is_status and f.is_claimed and f.is_net and f.is_verified
  group by f.trust_level
  union all
  select 'status', f.status, count(*)
  from found as f
  where f.is_chain and f.is_level and f.is_claimed and f.is_net and f.is_verified
  group by f.status
  union all
  select 'claimed', f.claimed::text, count(*)
  from found as f
  where f.is_chain and f.is_level and f.is_status and f.is_net and f.is_verified
  group by f.claimed
  union all
  select 'testnet', f.is_testnet::text, count(*)
  from found as f
  where f.is_chain and f.is_level and f.is_status and f.is_claimed and f.is_verified
  group by f.is_testnet
  union all
  select 'verified', f.verified::text, count(*)
  from found as f
  where f.is_chain and f.is_level and f.is_status and f.is_claimed and f.is_net
  group by f.verified
),
facets as (
  select c.facet, jsonb_object_agg(c.choice, c.agents) as choices
  from counted as c
  group by c.facet
)
select
  erc8004_stats_refresh_number() as refresh,
  jsonb_build_object(
    'total', (select count(*) from found as f),
    'facets', (select coalesce(jsonb_object_agg(f.facet, f.choices), '{}') from facets as f)
  )::text as body;
