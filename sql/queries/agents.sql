-- name: get
-- One agent with its registration file and the summary of its statistics, as the JSON to
-- answer; and when those were computed.
select answer.as_of, row_to_json(answer)::text as body
from (
  select
    a.id as agent_uuid,
    a.agent_id::text as agent_id,
    a.chain,
    a.registry_address,
    'eip155:' || c.chain_id || ':' || a.registry_address as agent_registry,
    a.owner_address,
    a.token_uri,
    a.registration_file::json as registration_file,
    a.status,
    a.tx_hash,
    a.block_number,
    erc8004_timestamp(a.created_at) as registered_at,
    erc8004_timestamp(a.updated_at) as updated_at,
    erc8004_timestamp(s.last_activity_at) as last_activity_at,
    s.total_feedback,
    s.average_score::float8 as average_score,
    s.total_payments,
    s.success_rate::float8 as success_rate,
    s.trust_level,
    erc8004_timestamp(erc8004_stats_as_of()) as as_of
  from erc8004_agents as a
  join erc8004_chains as c on c.name = a.chain
  join erc8004_agent_search as s on s.agent_uuid = a.id
  where a.id = %(agent_uuid)s
) as answer;

-- name: get_registration
-- The registration file of one agent as text, in which numbers of any size stay exact;
-- null where it has none.
select a.registration_file::text as registration_file
from erc8004_agents as a
where a.id = %(agent_uuid)s;

-- name: get_for_share
-- One agent, kept as it is until the transaction ends; writers to the same agent do
-- not wait for each other, only a change of the agent itself waits.
select
  a.id as agent_uuid,
  a.chain,
  a.owner_address,
  a.status
from erc8004_agents as a
where a.id = %(agent_uuid)s
for share;

-- name: get_for_update
-- One agent, locked for a change of it or of its metadata.
select
  a.id as agent_uuid,
  a.chain,
  a.owner_address,
  a.status
from erc8004_agents as a
where a.id = %(agent_uuid)s
for no key update;

-- name: insert
-- A new agent in the given registry, else in the identity registry of its chain; one
-- without an on-chain id is numbered from 2^256 on. The registration file is taken from the
-- request as it was sent, so that its numbers stay exact. No row where the chain is unknown.
insert into erc8004_agents (
  agent_id, chain, registry_address, owner_address, registration_file
)
select
  coalesce(%(agent_id)s::numeric, erc8004_local_agent_id()),
  c.name,
  coalesce(%(registry_address)s, c.identity_registry),
  %(owner_address)s,
  %(document)s::jsonb -> 'registration_file'
from erc8004_chains as c
where c.name = %(chain)s
returning id as agent_uuid;

-- name: update
-- What the owner changed; what is left out or null stays as it is.
update erc8004_agents as a
set
  registration_file = coalesce(
    nullif(%(document)s::jsonb -> 'registration_file', 'null'), a.registration_file
  ),
  token_uri = coalesce(%(token_uri)s, a.token_uri),
  status = coalesce(%(status)s, a.status),
  updated_at = now(),
  last_activity_at = now()
where a.id = %(agent_uuid)s;

-- part: matching
-- The agents that match every given filter but service and q, with what the given sort orders
-- by, and whether they come after the given cursor. Parameters arrive as literals, so the
-- planner drops every filter and sort that is not given and picks the index of the rest.
-- Beside q or service, which the planner thinks rare, a filter that half of all agents pass is
-- hidden from it by a sum that no index knows.
matching as not materialized (
  select
    s.agent_uuid,
    s.services,
    s.words,
    case %(sort)s
      when 'registered_at' then s.registered_at
      when 'last_activity_at' then s.last_activity_at
    end as time_up,
    case %(sort)s
      when '-registered_at' then s.registered_at
      when '-last_activity_at' then s.last_activity_at
    end as time_down,
    case %(sort)s
      when 'total_feedback' then s.total_feedback
      when 'total_payments' then s.total_payments
    end as count_up,
    case %(sort)s
      when '-total_feedback' then s.total_feedback
      when '-total_payments' then s.total_payments
    end as count_down,
    case %(sort)s when 'reputation_score' then coalesce(s.average_score, 101) end as score_up,
    case %(sort)s when '-reputation_score' then coalesce(s.average_score, -1) end as score_down,
    case when left(%(sort)s, 1) = '-' then s.agent_uuid end as uuid_down,
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
          (s.total_feedback, s.agent_uuid) > (%(after_number)s::bigint, %(after_uuid)s::uuid)
        when '-total_feedback' then
          (s.total_feedback, s.agent_uuid) < (%(after_number)s::bigint, %(after_uuid)s::uuid)
        when 'total_payments' then
          (s.total_payments, s.agent_uuid) > (%(after_number)s::bigint, %(after_uuid)s::uuid)
        when '-total_payments' then
          (s.total_payments, s.agent_uuid) < (%(after_number)s::bigint, %(after_uuid)s::uuid)
        when 'reputation_score' then
          (coalesce(s.average_score, 101), s.agent_uuid)
          > (coalesce(%(after_number)s::numeric, 101), %(after_uuid)s::uuid)
        when '-reputation_score' then
          (coalesce(s.average_score, -1), s.agent_uuid)
          < (coalesce(%(after_number)s::numeric, -1), %(after_uuid)s::uuid)
      end as is_after
  from erc8004_agent_search as s
  where (%(owner_address)s::text is null or s.owner_address = %(owner_address)s)
    and (%(chain)s::text is null or s.chain = %(chain)s)
    and (%(agent_id)s::numeric is null or s.agent_id = %(agent_id)s)
    and (%(status)s::text is null or s.status = %(status)s)
    and (%(trust_level)s::text[] is null or s.trust_level = any(%(trust_level)s::text[]))
    and (
      %(min_reputation_score)s::numeric is null
      or case
        when %(min_reputation_score)s < 50 and coalesce(%(service)s, %(q)s) is not null
        then coalesce(s.average_score, -1) + 0
        else coalesce(s.average_score, -1)
      end >= %(min_reputation_score)s::numeric
    )
    and (%(min_success_rate)s::numeric is null or s.success_rate >= %(min_success_rate)s)
    and (
      %(min_feedback)s::bigint is null
      or case
        when %(min_feedback)s < 2 and coalesce(%(service)s, %(q)s) is not null
        then s.total_feedback + 0
        else s.total_feedback
      end >= %(min_feedback)s
    )
    and (%(x402)s::boolean is null or s.x402 = %(x402)s)
)

-- part: walked
-- One page along the index of the sort. Service and q are hidden from the planner, which would
-- fetch what they find and sort it; what a filter says of the column that is sorted by, upwards,
-- is said once more, so that the walk begins behind the agents of which nothing is known.
walked as (
  select row_number() over () as position, along.agent_uuid
  from (
    select m.agent_uuid
    from matching as m
    where m.is_after
      and (
        %(service)s::text is null
        or coalesce(m.services @> array[lower(%(service)s::text)], false)
      )
      and (%(q)s::text is null or coalesce(m.words @@ erc8004_words_query(%(q)s), false))
      and (%(least_count)s::bigint is null or m.count_up >= %(least_count)s)
      and (%(least_score)s::numeric is null or m.score_up >= %(least_score)s)
    order by
      m.time_up,
      m.time_down desc,
      m.count_up,
      m.count_down desc,
      m.score_up,
      m.score_down desc,
      m.uuid_down desc,
      m.agent_uuid
    limit %(limit)s
    offset %(offset)s
  ) as along
)

-- name: list_search
-- One page of the agents that match every given filter, in the order of the given sort, as
-- the JSON to answer; the last of them, and whether there are more; and how many match in all,
-- counted up to 10,001 unless the page before counted them. Few agents are a long way apart in
-- the index of a sort, and the planner cannot tell how many match: up to the given few are
-- sorted as they are found, and only for more the index is walked.
with {matching},
{walked},
found as not materialized (
  select
    m.agent_uuid,
    m.time_up,
    m.time_down,
    m.count_up,
    m.count_down,
    m.score_up,
    m.score_down,
    m.uuid_down,
    m.is_after
  from matching as m
  where (%(service)s::text is null or m.services @> array[lower(%(service)s::text)])
    and (%(q)s::text is null or m.words @@ erc8004_words_query(%(q)s))
),
few as materialized (
  select
    f.agent_uuid,
    f.time_up,
    f.time_down,
    f.count_up,
    f.count_down,
    f.score_up,
    f.score_down,
    f.uuid_down,
    f.is_after
  from found as f
  limit %(few)s + 1
),
counted_few as materialized (
  select
    count(*) as total,
    count(*) <= %(few)s as is_all
  from few
),
counted as materialized (
  select
    case
      when c.is_all or %(few)s >= 10000 or %(total)s is not null then c.total
      else (select count(*) from (select from found limit 10001) as counted)
    end as total
  from counted_few as c
),
page as (
  select row_number() over () as position, ordered.agent_uuid
  from (
    select f.agent_uuid
    from few as f
    where (select is_all from counted_few)
      and f.is_after
    order by
      f.time_up,
      f.time_down desc,
      f.count_up,
      f.count_down desc,
      f.score_up,
      f.score_down desc,
      f.uuid_down desc,
      f.agent_uuid
    limit %(limit)s
    offset %(offset)s
  ) as ordered
  union all
  select w.position, w.agent_uuid
  from walked as w
  where not (select is_all from counted_few)
)
select
  coalesce(%(total)s, counted.total) as total,
  erc8004_timestamp(erc8004_stats_as_of()) as as_of,
  shown.agents,
  shown.last_agent,
  shown.is_more
from counted
cross join erc8004_found_page(
  array(select page.agent_uuid from page order by page.position), %(limit)s - 1
) as shown;

-- name: list_search_of_many
-- The same where the page before counted more than few agents that match: the walk alone.
with {matching},
{walked}
select
  %(total)s as total,
  erc8004_timestamp(erc8004_stats_as_of()) as as_of,
  shown.agents,
  shown.last_agent,
  shown.is_more
from erc8004_found_page(
  array(select w.agent_uuid from walked as w order by w.position), %(limit)s - 1
) as shown;
