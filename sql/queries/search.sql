-- part: has_texts
-- Whether an agent matches the filters by the texts of its file: service, q, skill, domain, endpoint
-- and wallet. A wallet in q is found as the filter wallet finds it: as owner, as agent wallet or in the
-- file. Of many agents with that agent wallet, a binary search in their uuids finds whether a row is one;
-- the second condition says the same to the index.
(%(service)s::text is null or s.services @> array[lower(%(service)s::text)])
and (
  %(q)s::text is null
  or s.words @@ %(words_of_rank_3)s::tsquery
  or (
    %(wallet_in_q)s::text is not null
    and s.owner_address = %(wallet_in_q)s::text
  )
  or (
    %(wallet_in_q)s::text is not null
    and (select w.of_q from wallets as w)[
      width_bucket(s.agent_uuid, (select w.of_q from wallets as w))
    ] = s.agent_uuid
    and s.agent_uuid = any((select w.of_q from wallets as w)::uuid[])
  )
)
and (
  %(skill)s::text is null
  or (s.skill_words <> '{}' and s.skill_words @> array[erc8004_skill_word(%(skill)s)])
)
and (
  %(domain)s::text is null
  or (s.domain_words <> '{}' and s.domain_words @> array[erc8004_skill_word(%(domain)s)])
)
and (%(endpoint)s::text is null or s.words @@ erc8004_place_query(%(endpoint)s, false)::tsquery)
and (
  %(wallet)s::text is null
  or s.owner_address = %(wallet)s
  or s.words @@ ('$' || %(wallet)s)::tsquery
  or (
    (select w.of_wallet from wallets as w)[
      width_bucket(s.agent_uuid, (select w.of_wallet from wallets as w))
    ] = s.agent_uuid
    and s.agent_uuid = any((select w.of_wallet from wallets as w)::uuid[])
  )
)

-- part: matching
-- The agents with the wallet that q or the filter wallet is as their agent wallet; and
-- the agents that match every given filter, with the columns of the given sort: its figure or
-- time, then the time of registration, then the uuid. Parameters arrive as literals, so the
-- planner removes every filter and sort that is not given, and chooses the index by the rest. An
-- agent is known if it has a value to sort by; whether it comes after the cursor is computed
-- separately for known and other agents, because these use different indexes. The filters by texts
-- are not applied here, but by the readers of this part: directly, or by matches_text, which hides
-- them from the planner. Because the planner assumes that few agents match them, a filter that half
-- of all agents match is then hidden behind an expression that no index has.
wallets as materialized (
  select
    array(
      select w.agent_uuid
      from erc8004_agent_metadata as w
      where w.key = 'agentWallet'
        and w.value = decode(right(%(wallet_in_q)s::text, 40), 'hex')
      order by w.agent_uuid
      limit 10001
    ) as of_q,
    array(
      select w.agent_uuid
      from erc8004_agent_metadata as w
      where w.key = 'agentWallet'
        and w.value = decode(right(%(wallet)s, 40), 'hex')
      order by w.agent_uuid
      limit 10001
    ) as of_wallet
),
matching as not materialized (
  select
    s.agent_uuid,
    s.services,
    s.words,
    s.skill_words,
    s.domain_words,
    s.owner_address,
    s.registered_at,
    s.chain,
    s.trust_level,
    s.status,
    s.claimed,
    s.is_testnet,
    s.verified,
    case %(driving_column)s
      when 'score' then s.score
      when 'average_score' then s.average_score
      when 'effective_reviewers' then s.effective_reviewers
      when 'success_rate' then s.success_rate
    end as driving_score,
    case %(driving_column)s
      when 'total_feedback' then s.total_feedback
      when 'paying_reviewers' then s.paying_reviewers
    end as driving_count,
    coalesce({has_texts}, false) as matches_text,
    case %(sort)s
      when 'relevance' then erc8004_rank(
        s.words,
        array[
          %(words_of_rank_0)s::tsquery,
          %(words_of_rank_1)s::tsquery,
          %(words_of_rank_2)s::tsquery
        ]
      )
      when 'total_feedback' then s.total_feedback
      when 'total_payments' then s.total_payments
    end as count_up,
    case %(sort)s
      when '-total_feedback' then s.total_feedback
      when '-total_payments' then s.total_payments
    end as count_down,
    case %(sort)s
      when 'reputation_score' then s.score
      when 'average_score' then s.average_score
    end as score_up,
    case %(sort)s
      when '-reputation_score' then s.score
      when '-average_score' then s.average_score
    end as score_down,
    case
      when %(sort)s = 'last_activity_at' then s.last_activity_at
      when left(%(sort)s, 1) <> '-' and %(sort)s <> 'relevance' then s.registered_at
    end as time_up,
    case
      when %(sort)s = '-last_activity_at' then s.last_activity_at
      when left(%(sort)s, 1) = '-' or %(sort)s = 'relevance' then s.registered_at
    end as time_down,
    case
      when left(%(sort)s, 1) = '-' or %(sort)s = 'relevance' then s.agent_uuid
    end as uuid_down,
    case ltrim(%(sort)s, '-')
      when 'total_feedback' then s.total_feedback > 0
      when 'total_payments' then s.total_payments > 0
      when 'reputation_score' then s.score is not null
      when 'average_score' then s.average_score is not null
      else true
    end as is_known,
    %(after_uuid)s::uuid is null
      or case %(sort)s
        when 'registered_at' then
          (s.registered_at, s.agent_uuid) > (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-registered_at' then
          (s.registered_at, s.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'last_activity_at' then
          (s.last_activity_at, s.agent_uuid) > (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-last_activity_at' then
          (s.last_activity_at, s.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'total_feedback' then
          (s.total_feedback, s.registered_at, s.agent_uuid)
          > (%(after_number)s::bigint, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-total_feedback' then
          (s.total_feedback, s.registered_at, s.agent_uuid)
          < (%(after_number)s::bigint, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'total_payments' then
          (s.total_payments, s.registered_at, s.agent_uuid)
          > (%(after_number)s::bigint, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-total_payments' then
          (s.total_payments, s.registered_at, s.agent_uuid)
          < (%(after_number)s::bigint, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'reputation_score' then
          (s.score, s.registered_at, s.agent_uuid)
          > (%(after_number)s::numeric, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'average_score' then
          (s.average_score, s.registered_at, s.agent_uuid)
          > (%(after_number)s::numeric, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-reputation_score' then
          (s.score, s.registered_at, s.agent_uuid)
          < (%(after_number)s::numeric, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-average_score' then
          (s.average_score, s.registered_at, s.agent_uuid)
          < (%(after_number)s::numeric, %(after_time)s::timestamptz, %(after_uuid)s::uuid)
      end as is_known_after,
    case
      when %(after_uuid)s::uuid is null then true
      when %(is_after_known)s then %(sort)s not in ('total_feedback', 'total_payments')
      when left(%(sort)s, 1) = '-' then
        (s.registered_at, s.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
      else
        (s.registered_at, s.agent_uuid) > (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
    end as is_unknown_after
  from erc8004_agent_search as s
  where (%(owner_address)s::text is null or s.owner_address = %(owner_address)s)
    and (%(chain)s::text is null or s.chain = %(chain)s)
    and (%(registry_address)s::text is null or s.registry_address = %(registry_address)s)
    and (%(agent_id)s::numeric is null or s.agent_id = %(agent_id)s)
    and (%(status)s::text is null or s.status = %(status)s)
    and (%(claimed)s::boolean is null or s.claimed = %(claimed)s)
    and (%(active)s::boolean is null or s.active = %(active)s)
    and (%(testnet)s::boolean is null or s.is_testnet = %(testnet)s)
    and (%(trust_level)s::text[] is null or s.trust_level = any(%(trust_level)s::text[]))
    and (
      %(min_reputation_score)s::numeric is null
      or case
        when %(min_reputation_score)s < 50
          and coalesce(
            %(service)s, %(q)s, %(skill)s, %(domain)s, %(endpoint)s, %(wallet)s
          ) is not null
        then coalesce(s.score, -1)
        else s.score
      end >= %(min_reputation_score)s::numeric
    )
    and (
      %(min_average_score)s::numeric is null
      or case
        when %(min_average_score)s < 50
          and coalesce(
            %(service)s, %(q)s, %(skill)s, %(domain)s, %(endpoint)s, %(wallet)s
          ) is not null
        then coalesce(s.average_score, -1)
        else s.average_score
      end >= %(min_average_score)s::numeric
    )
    and (
      %(min_effective_reviewers)s::numeric is null
      or s.effective_reviewers >= %(min_effective_reviewers)s::numeric
    )
    and (
      %(min_paying_reviewers)s::bigint is null
      or s.paying_reviewers >= %(min_paying_reviewers)s::bigint
    )
    and (%(min_success_rate)s::numeric is null or s.success_rate >= %(min_success_rate)s)
    and (
      %(min_feedback)s::bigint is null
      or case
        when %(min_feedback)s < 2
          and coalesce(
            %(service)s, %(q)s, %(skill)s, %(domain)s, %(endpoint)s, %(wallet)s
          ) is not null
        then s.total_feedback + 0
        else s.total_feedback
      end >= %(min_feedback)s
    )
    and (%(x402)s::boolean is null or s.x402 = %(x402)s)
    and (%(verified)s::boolean is null or s.verified = %(verified)s)
)

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
where {has_texts}

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
with {matching},
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
with {matching},
{scanned},
found as materialized (
  {found}
),
{page_of_found}

-- name: list_agents_of_many
-- Return the same page if more than sort_limit agents match, as an earlier page has counted: only
-- by scanning.
with {matching},
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
-- of one rank, newest first. Of the first rank, which few agents have, and of a rank that does not
-- fill the page from the newest scan_limit agents, up to rank_limit agents are found in the index of
-- words, which leaves out those of the ranks before, and sorted. Only if there are more, the index of
-- registration is scanned to the end of the page; so it is for the agents that have a wallet but whose
-- words do not say so, which the last rank includes.
with {matching},
after_cursor as not materialized (
  select m.agent_uuid, m.registered_at, m.words, m.matches_text
  from matching as m
  where %(after_uuid)s::uuid is null
    or (m.registered_at, m.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
),
newest as materialized (
  select row_number() over () as position, along.agent_uuid
  from (
    select m.agent_uuid
    from (
      select n.agent_uuid, n.registered_at, n.words, n.matches_text
      from after_cursor as n
      where %(part)s::integer > 0
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
-- Return what a text means: the queries of the words of agents at each rank, and the wallet that the
-- text is. PostgreSQL would compute them again for each place where a query of a page contains them.
select
  erc8004_ranked_query(%(q)s, 0)::text as words_of_rank_0,
  erc8004_ranked_query(%(q)s, 1)::text as words_of_rank_1,
  erc8004_ranked_query(%(q)s, 2)::text as words_of_rank_2,
  erc8004_ranked_query(%(q)s, 3)::text as words_of_rank_3,
  erc8004_wallet(%(q)s) as wallet_in_q;

-- name: get_correction
-- Return what a text may have meant, if names have words that are like its words.
select erc8004_corrected_text(%(q)s) as correction;

-- name: get_facets
-- Return how many agents match by chain, level, status, claim, testnet and proof, as JSON: each counted
-- among those that the other choices leave, where the matches are those without any of these choices, or
-- with all of them. At most one more than may be counted is read, and total says how many.
with {matching},
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
  where {has_texts}
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
