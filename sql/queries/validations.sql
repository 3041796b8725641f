-- name: insert
-- A validation request in the given registry, else in the validation registry of its
-- chain. No row where the chain is unknown.
insert into erc8004_validations (
  agent_uuid, chain, registry_address, request_hash, request_uri, validator_address, expires_at
)
select
  %(agent_uuid)s,
  c.name,
  coalesce(%(registry_address)s, c.validation_registry),
  %(request_hash)s,
  %(request_uri)s,
  %(validator_address)s,
  %(expires_at)s
from erc8004_chains as c
where c.name = %(chain)s
returning
  id as validation_id,
  agent_uuid,
  chain,
  registry_address,
  request_hash,
  request_uri,
  validator_address,
  status,
  response,
  response_uri,
  response_hash,
  tag,
  created_at,
  responded_at,
  expires_at;

-- name: list_by_request_for_update
-- The validation requests with one hash, locked for a response; more than one only where
-- several registries hold the same hash. In the order of chain and registry.
select
  v.id as validation_id,
  v.agent_uuid,
  v.validator_address,
  v.status = 'expired' or (v.status = 'pending' and v.expires_at <= now()) is true as is_expired
from erc8004_validations as v
where v.request_hash = %(request_hash)s
  and (%(chain)s::text is null or v.chain = %(chain)s)
  and (%(registry_address)s::text is null or v.registry_address = %(registry_address)s)
order by v.chain, v.registry_address
limit 100
for no key update;

-- name: update_response
-- The validator's response; a later one replaces it.
update erc8004_validations as v
set
  status = 'completed',
  response = %(response)s,
  response_uri = %(response_uri)s,
  response_hash = %(response_hash)s,
  tag = %(tag)s,
  responded_at = now()
where v.id = %(validation_id)s
returning
  v.id as validation_id,
  v.agent_uuid,
  v.chain,
  v.registry_address,
  v.request_hash,
  v.request_uri,
  v.validator_address,
  v.status,
  v.response,
  v.response_uri,
  v.response_hash,
  v.tag,
  v.created_at,
  v.responded_at,
  v.expires_at;

-- name: list_by_agent
-- Validations of one agent, newest first, from the row after the cursor; a pending one
-- past its time is shown as expired before the next refresh marks it so.
select
  v.id as validation_id,
  v.agent_uuid,
  v.chain,
  v.registry_address,
  v.request_hash,
  v.request_uri,
  v.validator_address,
  case when v.status = 'pending' and v.expires_at <= now() then 'expired' else v.status end
    as status,
  v.response,
  v.response_uri,
  v.response_hash,
  v.tag,
  v.created_at,
  v.responded_at,
  v.expires_at
from erc8004_validations as v
where v.agent_uuid = %(agent_uuid)s
  and (
    %(after_id)s::uuid is null
    or (v.created_at, v.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
  )
order by v.created_at desc, v.id desc
limit %(limit)s;

-- name: get_summary
-- How many validations of one agent there are, and the mean of the completed ones.
select
  count(v.id) as count,
  count(v.response) as completed,
  round(avg(v.response), 2)::float8 as mean
from erc8004_agents as a
left join erc8004_validations as v on v.agent_uuid = a.id
where a.id = %(agent_uuid)s
group by a.id;
