-- part: settings
-- The settings of a search.
{matching_agents.settings}

-- part: is_of_rank
-- Whether an agent has the rank in the parameter part.
m.matches_text
      and (
        %(part)s::integer = 3
        or coalesce(m.words @@ %(words)s::tsquery, true)
      )
      and (
        %(part)s::integer = 0
        or (m.words @@ %(words_before)s::tsquery) is not true
      )

-- name: list_agents_of_rank
-- Return the same page if more than sort_limit agents match and the sort is by relevance: the agents
-- of one rank, newest first. If the rank is so frequent among a sample of the newest that the newest
-- scan_limit agents fill the page, they are read until it is full. Of any other rank, up to rank_limit
-- agents are found in the index of words, which leaves out those of the ranks before, and sorted. Only
-- if there are more, the index of registration is scanned to the end of the page; so it is for the agents
-- that have a wallet but whose words do not say so, which the last rank includes.
with {matching_agents.matching},
after_cursor as not materialized (
  select m.agent_uuid, m.registered_at, m.words, m.matches_text, m.has_labels
  from matching as m
  where %(after_uuid)s::uuid is null
    or (m.registered_at, m.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
),
sample as materialized (
  select count(*) * %(scan_limit)s >= (%(limit)s::bigint + %(offset)s) * %(sample_limit)s as is_enough
  from (
    select n.words, n.matches_text
    from after_cursor as n
    where %(part)s::integer > 0
      or left(%(words)s::text, 2) in ('''@', '''$')
    order by n.registered_at desc, n.agent_uuid desc
    limit %(sample_limit)s
  ) as m
  where {is_of_rank}
),
newest as materialized (
  select row_number() over () as position, along.agent_uuid
  from (
    select m.agent_uuid
    from (
      select n.agent_uuid, n.registered_at, n.words, n.matches_text
      from after_cursor as n
      where (select is_enough from sample)
      order by n.registered_at desc, n.agent_uuid desc
      limit %(scan_limit)s
    ) as m
    where {is_of_rank}
    order by m.registered_at desc, m.agent_uuid desc
    limit %(limit)s::bigint + %(offset)s
  ) as along
),
is_found as materialized (
  select count(*) = %(limit)s::bigint + %(offset)s as is_full
  from newest
),
of_rank as materialized (
  select m.agent_uuid, m.registered_at
  from after_cursor as m
  where (%(part)s::integer < 3 or %(wallet_in_q)s::text is null)
    and not (select is_full from is_found)
    and m.words @@ case
      when %(part)s::integer = 0 then %(words)s::tsquery
      else %(words)s::tsquery && !!%(words_before)s::tsquery
    end
    and m.has_labels
    and {is_of_rank}
),
candidates as materialized (
  select r.agent_uuid, r.registered_at
  from of_rank as r
  limit %(rank_limit)s + 1
),
is_few as materialized (
  select
    (%(part)s::integer < 3 or %(wallet_in_q)s::text is null)
      and count(*) <= %(rank_limit)s as is_all
  from candidates
),
scanned as materialized (
  select row_number() over () as position, along.agent_uuid
  from (
    select m.agent_uuid
    from after_cursor as m
    where not (select is_full from is_found)
      and not (select is_all from is_few)
      and {is_of_rank}
    order by m.registered_at desc, m.agent_uuid desc
    limit %(limit)s::bigint + %(offset)s
  ) as along
),
page as (
  select n.position, n.agent_uuid
  from newest as n
  where (select is_full from is_found)
  union all
  select row_number() over () as position, ordered.agent_uuid
  from (
    select c.agent_uuid
    from candidates as c
    where not (select is_full from is_found)
      and (select is_all from is_few)
    order by c.registered_at desc, c.agent_uuid desc
    limit %(limit)s::bigint + %(offset)s
  ) as ordered
  union all
  select w.position, w.agent_uuid
  from scanned as w
)
select
  %(total)s as total,
  erc8004_timestamp(erc8004_stats_as_of()) as as_of,
  erc8004_stats_refresh_number() as refresh,
  (select count(*) from page) as scanned,
  %(part)s::integer as last_rank,
  null::text as correction,
  shown.agents,
  shown.last_agent,
  shown.is_more
from erc8004_found_page(
  array(select p.agent_uuid from page as p where p.position > %(offset)s order by p.position),
  %(limit)s - 1, %(wallet)s, %(endpoint)s, %(collapse)s
) as shown;

-- name: get_words
-- Return what a text means: the queries of the words of agents at each rank, the wallet that the text is,
-- and whether any agent may have the first rank. PostgreSQL would compute them again for each place where
-- a query of a page contains them.
select
  erc8004_ranked_query(%(q)s, 0)::text as words_of_rank_0,
  erc8004_ranked_query(%(q)s, 1)::text as words_of_rank_1,
  erc8004_ranked_query(%(q)s, 2)::text as words_of_rank_2,
  erc8004_ranked_query(%(q)s, 3)::text as words_of_rank_3,
  erc8004_wallet(%(q)s) as wallet_in_q,
  erc8004_may_be_named(erc8004_ranked_query(%(q)s, 0)) as may_be_named;

-- name: get_correction
-- Return what a text may have meant, if names have words that are like its words.
select erc8004_corrected_text(%(q)s) as correction;
