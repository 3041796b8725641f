-- name: upsert_requested
-- Insert validations that were requested, with their responses, or replace what is stored of them.
insert into erc8004_validations as v (
  id, agent_uuid, chain, registry_address, request_hash, validator_address, request_uri, created_at,
  response, response_uri, response_hash, tag, responded_at, block_number, status, unstorable, source
)
select
  n.id, n.agent_uuid, %(chain)s, n.registry_address, n.request_hash, n.validator_address,
  n.request_uri, to_timestamp(n.created_at), n.response, n.response_uri, n.response_hash, n.tag,
  to_timestamp(n.responded_at), coalesce(n.responded_block, n.requested_block),
  case when n.response is null then 'pending' else 'completed' end,
  nullif(coalesce(n.request_marks, '{}') || coalesce(n.response_marks, '{}'), '{}'), 'chain'
from unnest(
  %(ids)s::uuid[], %(agent_uuids)s::uuid[], %(registries)s::text[], %(request_hashes)s::text[],
  %(validators)s::text[], %(request_uris)s::text[], %(requested)s::bigint[],
  %(requested_blocks)s::bigint[], %(request_marks)s::jsonb[],
  %(responses)s::smallint[], %(response_uris)s::text[], %(response_hashes)s::text[],
  %(tags)s::text[], %(responded)s::bigint[], %(responded_blocks)s::bigint[],
  %(response_marks)s::jsonb[]
) as n (
  id, agent_uuid, registry_address, request_hash, validator_address, request_uri, created_at,
  requested_block, request_marks, response, response_uri, response_hash, tag, responded_at,
  responded_block, response_marks
)
on conflict on constraint uq__erc8004_validations__chain_registry_request do update
set
  validator_address = excluded.validator_address,
  request_uri = excluded.request_uri,
  created_at = excluded.created_at,
  response = excluded.response,
  response_uri = excluded.response_uri,
  response_hash = excluded.response_hash,
  tag = excluded.tag,
  responded_at = excluded.responded_at,
  expires_at = null,
  block_number = excluded.block_number,
  status = excluded.status,
  unstorable = excluded.unstorable,
  source = 'chain';

-- name: update_responded
-- Store the responses to validations that are stored, and return the places of these.
update erc8004_validations as v
set
  response = n.response,
  response_uri = n.response_uri,
  response_hash = n.response_hash,
  tag = n.tag,
  responded_at = to_timestamp(n.responded_at),
  block_number = n.responded_block,
  status = 'completed',
  unstorable = nullif(
    coalesce(v.unstorable - '{tag,response_uri}'::text[], '{}') || coalesce(n.response_marks, '{}'),
    '{}'
  )
from unnest(
  %(agent_uuids)s::uuid[], %(registries)s::text[], %(request_hashes)s::text[],
  %(responses)s::smallint[], %(response_uris)s::text[], %(response_hashes)s::text[],
  %(tags)s::text[], %(responded)s::bigint[], %(responded_blocks)s::bigint[],
  %(response_marks)s::jsonb[]
) with ordinality as n (
  agent_uuid, registry_address, request_hash, response, response_uri, response_hash, tag,
  responded_at, responded_block, response_marks, place
)
where v.request_hash = n.request_hash
  and v.agent_uuid = n.agent_uuid
  and v.chain = %(chain)s
  and v.registry_address = n.registry_address
returning n.place;
