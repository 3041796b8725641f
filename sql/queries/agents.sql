-- name: get
-- Return one agent with its registration file and a summary of its statistics, as the JSON of the
-- answer, and the number of the refresh that computed these; no row if there is no such agent.
select erc8004_stats_refresh_number() as refresh, answer.body
from erc8004_agent_answer(%(agent_uuid)s) as answer (body);

-- name: get_uuid_by_token
-- Return the uuid of the agent with a token of a registry; no row if there is none.
select a.id as agent_uuid
from erc8004_agents as a
where a.chain = %(chain)s
  and a.registry_address = %(registry_address)s
  and a.agent_id = %(agent_id)s;

-- name: get_named
-- Return the summaries of up to a hundred agents by uuid or by token, each with the place of its
-- name in the request, and their statistics as of now if asked for, which are computed once per
-- agent. Names that no agent has are left out.
with requested as materialized (
  select
    named.place,
    coalesce(
      named.agent_uuid,
      (
        select a.id
        from erc8004_agents as a
        where a.chain = named.chain
          and a.registry_address = named.registry_address
          and a.agent_id = named.agent_id
      )
    ) as agent_uuid
  from unnest(
    %(agent_uuids)s::uuid[],
    %(chains)s::text[],
    %(registry_addresses)s::text[],
    %(agent_ids)s::numeric[]
  ) with ordinality as named (agent_uuid, chain, registry_address, agent_id, place)
)
select
  coalesce(array_agg(found.place), '{}') as places,
  coalesce(array_agg(found.agent::text), '{}') as agents,
  coalesce(array_agg(stats.body), '{}') as stats,
  erc8004_timestamp(erc8004_stats_as_of()) as as_of
from erc8004_found_agents(
  array(select r.agent_uuid from requested as r order by r.place)
) as found
join requested as r on r.place = found.place
left join erc8004_agent_stats_answers(
  array(select distinct r.agent_uuid from requested as r where %(with_stats)s)
) as stats
  on stats.agent_uuid = r.agent_uuid;

-- name: get_registration
-- Return the registration file of one agent as text, in which numbers of any size stay exact; null
-- if it has none.
select a.registration_file::text as registration_file
from erc8004_agents as a
where a.id = %(agent_uuid)s;

-- name: get_for_share
-- Return one agent, and lock it against changes until the transaction ends; writers that only
-- refer to the agent do not wait for each other, only a change of the agent itself waits.
select
  a.id as agent_uuid,
  a.chain,
  a.owner_address,
  a.status,
  a.source,
  a.agent_id::text as agent_id,
  a.registry_address
from erc8004_agents as a
where a.id = %(agent_uuid)s
for share;

-- name: get_for_update
-- Return one agent, and lock it for a change of it or of its metadata.
select
  a.id as agent_uuid,
  a.chain,
  a.owner_address,
  a.status,
  a.source,
  a.agent_id::text as agent_id,
  a.registry_address
from erc8004_agents as a
where a.id = %(agent_uuid)s
for no key update;

-- name: get_file_size
-- Return the size of the registration file in a request, as the table measures it.
select octet_length((%(document)s::jsonb -> 'registration_file')::text) as bytes;

-- name: insert
-- Insert an agent in the given registry, else in the identity registry of its chain, and return
-- it; no row if the chain is unknown, or if it is followed and its registry would know the id. It is
-- claimed if it has an on-chain id; an agent without one
-- is numbered from 2^256 on. The registration file is taken from the request as it was sent, so
-- that its numbers stay exact.
insert into erc8004_agents (
  agent_id, claimed, chain, registry_address, owner_address, registration_file
)
select
  coalesce(%(agent_id)s::numeric, erc8004_local_agent_id()),
  %(agent_id)s::numeric is not null,
  c.name,
  coalesce(%(registry_address)s, c.identity_registry),
  %(owner_address)s,
  %(document)s::jsonb -> 'registration_file'
from erc8004_chains as c
where c.name = %(chain)s
  and (
    %(agent_id)s::numeric is null
    or not exists (
      select
      from erc8004_chain_cursors as p
      join erc8004_registries as r
        on r.chain = p.chain
        and r.kind = 'identity'
      where p.chain = c.name
        and r.address = coalesce(%(registry_address)s, c.identity_registry)
    )
  )
returning id as agent_uuid;

-- name: get_followed
-- Return the chain if it is followed.
select p.chain
from erc8004_chain_cursors as p
where p.chain = %(chain)s;

-- name: update
-- Update the fields of an agent that are neither missing nor null, and return it; no row if
-- nothing changes. A field that changes is stored as it is, so it has no mark any more. A registration file changes even if only the notation of a number differs.
update erc8004_agents as a
set
  registration_file = changed.registration_file,
  token_uri = changed.token_uri,
  status = changed.status,
  unstorable = changed.unstorable,
  updated_at = now(),
  last_activity_at = now()
from (
  select
    b.id,
    coalesce(
      nullif(%(document)s::jsonb -> 'registration_file', 'null'), b.registration_file
    ) as registration_file,
    coalesce(%(token_uri)s, b.token_uri) as token_uri,
    coalesce(%(status)s, b.status) as status,
    nullif(
      b.unstorable - array[
        case
          when jsonb_typeof(%(document)s::jsonb -> 'registration_file') = 'object'
          then 'registration_file'
        end,
        case when %(token_uri)s is not null then 'token_uri' end
      ],
      '{}'
    ) as unstorable
  from erc8004_agents as b
  where b.id = %(agent_uuid)s
) as changed
where a.id = changed.id
  and (a.registration_file::text, a.token_uri, a.status, a.unstorable)
    is distinct from (
      changed.registration_file::text, changed.token_uri, changed.status, changed.unstorable
    );
