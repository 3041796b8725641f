-- name: get
-- One agent with its registration file and the summary of its statistics.
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
  a.created_at as registered_at,
  a.updated_at,
  s.last_activity_at,
  s.total_feedback,
  s.average_score::float8 as average_score,
  s.total_payments,
  s.success_rate::float8 as success_rate,
  s.trust_level,
  erc8004_stats_as_of() as as_of
from erc8004_agents as a
join erc8004_chains as c on c.name = a.chain
join erc8004_agent_search as s on s.agent_uuid = a.id
where a.id = %(agent_uuid)s;

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

-- name: list_search
-- One page of the agents that match every given filter, in the order of the given sort,
-- and how many match in all, counted up to 10,001. Parameters arrive as literals, so the
-- planner drops every filter and sort that is not given and picks the index of the rest.
with matching as not materialized (
  select
    s.agent_uuid,
    s.registered_at,
    s.last_activity_at,
    s.total_feedback,
    s.average_score,
    s.total_payments,
    s.success_rate,
    s.trust_level
  from erc8004_agent_search as s
  where (%(owner_address)s::text is null or s.owner_address = %(owner_address)s)
    and (%(chain)s::text is null or s.chain = %(chain)s)
    and (%(agent_id)s::numeric is null or s.agent_id = %(agent_id)s)
    and (%(status)s::text is null or s.status = %(status)s)
    and (%(trust_level)s::text[] is null or s.trust_level = any(%(trust_level)s::text[]))
    and (
      %(min_reputation_score)s::numeric is null
      or coalesce(s.average_score, -1) >= %(min_reputation_score)s::numeric
    )
    and (%(min_success_rate)s::numeric is null or s.success_rate >= %(min_success_rate)s)
    and (%(min_feedback)s::bigint is null or s.total_feedback >= %(min_feedback)s)
    and (%(service)s::text is null or s.services @> array[lower(%(service)s::text)])
    and (%(x402)s::boolean is null or s.x402 = %(x402)s)
    and (%(q)s::text is null or s.words @@ erc8004_words_query(%(q)s))
),
page as (
  select
    row_number() over () as position,
    ordered.agent_uuid,
    ordered.registered_at,
    ordered.last_activity_at,
    ordered.total_feedback,
    ordered.average_score,
    ordered.total_payments,
    ordered.success_rate,
    ordered.trust_level
  from (
    select
      m.agent_uuid,
      m.registered_at,
      m.last_activity_at,
      m.total_feedback,
      m.average_score,
      m.total_payments,
      m.success_rate,
      m.trust_level
    from matching as m
    where %(after_uuid)s::uuid is null
      or case %(sort)s
        when 'registered_at' then
          (m.registered_at, m.agent_uuid) > (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-registered_at' then
          (m.registered_at, m.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'last_activity_at' then
          (m.last_activity_at, m.agent_uuid) > (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when '-last_activity_at' then
          (m.last_activity_at, m.agent_uuid) < (%(after_time)s::timestamptz, %(after_uuid)s::uuid)
        when 'total_feedback' then
          (m.total_feedback, m.agent_uuid) > (%(after_number)s::bigint, %(after_uuid)s::uuid)
        when '-total_feedback' then
          (m.total_feedback, m.agent_uuid) < (%(after_number)s::bigint, %(after_uuid)s::uuid)
        when 'total_payments' then
          (m.total_payments, m.agent_uuid) > (%(after_number)s::bigint, %(after_uuid)s::uuid)
        when '-total_payments' then
          (m.total_payments, m.agent_uuid) < (%(after_number)s::bigint, %(after_uuid)s::uuid)
        when 'reputation_score' then
          (coalesce(m.average_score, 101), m.agent_uuid)
          > (coalesce(%(after_number)s::numeric, 101), %(after_uuid)s::uuid)
        when '-reputation_score' then
          (coalesce(m.average_score, -1), m.agent_uuid)
          < (coalesce(%(after_number)s::numeric, -1), %(after_uuid)s::uuid)
      end
    order by
      case %(sort)s when 'registered_at' then m.registered_at end,
      case %(sort)s when '-registered_at' then m.registered_at end desc,
      case %(sort)s when 'last_activity_at' then m.last_activity_at end,
      case %(sort)s when '-last_activity_at' then m.last_activity_at end desc,
      case %(sort)s when 'total_feedback' then m.total_feedback end,
      case %(sort)s when '-total_feedback' then m.total_feedback end desc,
      case %(sort)s when 'total_payments' then m.total_payments end,
      case %(sort)s when '-total_payments' then m.total_payments end desc,
      case %(sort)s when 'reputation_score' then coalesce(m.average_score, 101) end,
      case %(sort)s when '-reputation_score' then coalesce(m.average_score, -1) end desc,
      case when left(%(sort)s, 1) = '-' then m.agent_uuid end desc,
      m.agent_uuid
    limit %(limit)s
    offset %(offset)s
  ) as ordered
),
counted as (
  select count(*) as total
  from (select from matching limit 10001) as counted
)
select
  counted.total,
  erc8004_stats_as_of() as as_of,
  a.id as agent_uuid,
  a.agent_id::text as agent_id,
  a.chain,
  a.registry_address,
  a.owner_address,
  a.status,
  erc8004_file_text(a.registration_file, 'name') as name,
  left(erc8004_file_text(a.registration_file, 'description'), 300) as description,
  s.services,
  s.x402,
  page.registered_at,
  page.last_activity_at,
  page.total_feedback,
  page.average_score::float8 as average_score,
  page.total_payments,
  page.success_rate::float8 as success_rate,
  page.trust_level
from counted
left join page on true
left join erc8004_agents as a on a.id = page.agent_uuid
left join erc8004_agent_search as s on s.agent_uuid = page.agent_uuid
order by page.position;
