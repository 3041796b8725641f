-- part: settings
-- The settings of a search.
{matching_agents.settings}

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
  case %(sort)s when 'relevance' then s.words end as words,
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

-- part: counted_found
-- How many agents are in found, up to the limit of what is counted.
select count(*)
        from (
          select from found as f order by {driven} limit %(counted_up_to)s + 1
        ) as counted

-- part: page_of_found
-- The page of the agents in found. If an index alone counts them, they are counted first, and none of
-- many is read to be sorted. The rank of an agent is computed only if all are sorted.
counted_first as materialized (
  select
    case when %(counts_first)s then (
      {counted_found}
    ) end as total
),
candidates as materialized (
  select
    f.agent_uuid,
    f.owner_address,
    f.words,
    f.count_up,
    f.count_down,
    f.score_up,
    f.score_down,
    f.time_up,
    f.time_down,
    f.uuid_down,
    f.is_after
  from found as f
  where not %(counts_first)s
    or (select c.total <= %(sort_limit)s from counted_first as c)
  order by {driven}
  limit %(sort_limit)s + 1
),
candidate_count as materialized (
  select
    count(*) as total,
    case
      when %(counts_first)s then (select c.total <= %(sort_limit)s from counted_first as c)
      else count(*) <= %(sort_limit)s
    end as is_all
  from candidates
),
counted as materialized (
  select
    case
      when %(counts_first)s then (select c.total from counted_first as c)
      when c.is_all or %(sort_limit)s >= %(counted_up_to)s or %(total)s is not null then c.total
      else (
        {counted_found}
      )
    end as total
  from candidate_count as c
),
sorted as (
  select
    r.agent_uuid,
    r.owner_address,
    r.count_up,
    r.count_down,
    r.score_up,
    r.score_down,
    r.time_up,
    r.time_down,
    r.uuid_down,
    case
      when %(sort)s = 'relevance' and %(after_uuid)s::uuid is not null then
        r.count_up > %(after_number)s::bigint
        or (
          r.count_up = %(after_number)s::bigint
          and (r.time_down, r.uuid_down) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        )
      else r.is_after
    end as is_after
  from (
    select
      c.agent_uuid,
      c.owner_address,
      case %(sort)s
        when 'relevance' then erc8004_rank(
          c.words,
          array[
            %(words_of_rank_0)s::tsquery,
            %(words_of_rank_1)s::tsquery,
            %(words_of_rank_2)s::tsquery
          ]
        )
        else c.count_up
      end as count_up,
      c.count_down,
      c.score_up,
      c.score_down,
      c.time_up,
      c.time_down,
      c.uuid_down,
      c.is_after
    from candidates as c
    where (select is_all from candidate_count)
  ) as r
),
first_of_owner as materialized (
  select owned.agent_uuid, owned.matches
  from (
    select
      f.agent_uuid,
      count(*) over (partition by f.owner_address) as matches,
      row_number() over (partition by f.owner_address order by {in_order}) as place
    from sorted as f
    where %(collapse)s::text is not null
  ) as owned
  where owned.place = 1
),
page as (
  select row_number() over () as position, ordered.agent_uuid, ordered.rank
  from (
    select
      f.agent_uuid,
      case %(sort)s when 'relevance' then f.count_up end as rank
    from sorted as f
    where f.is_after
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
-- chooses the cheapest way to all that match, which is the index of texts and labels; it would think
-- that the first few are found sooner by reading the table, as it expects them evenly spread. They are
-- read only up to the limit all the same.
with {matching_agents.matching},
{scanned},
found as materialized (
  {found}
  and s.has_labels
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
