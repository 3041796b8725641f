-- name: copy_lines
-- Copy the valid lines of validations.
copy lines_staging (
  line_number, agent_uuid, chain, request_hash, validation_registry, validator_address,
  request_uri, created_at, expires_at, response, response_uri, response_hash, tag, responded_at,
  unstorable
)
from stdin with (encoding 'utf8');

-- name: update_registry
-- Set the registry of the lines that name none to the validation registry of their chain.
update lines_staging as s
set validation_registry = c.validation_registry
from erc8004_chains as c
where c.name = s.chain
  and s.validation_registry is null;

-- name: delete_repeated
-- Merge staged lines about one request into that of the newest response, else into the last, and
-- count the responses that are older. Of what belongs to the request, the last that is given is used.
with groups as (
  select
    agent_uuid,
    chain,
    validation_registry,
    request_hash,
    (
      array_agg(
        line_number
        order by response is not null desc, responded_at desc nulls first, line_number desc
      )
    )[1] as line_number,
    max(responded_at) as responded_at,
    (array_agg(request_uri order by line_number desc) filter (where request_uri is not null))[1]
      as request_uri,
    (array_agg(created_at order by line_number desc) filter (where created_at is not null))[1]
      as created_at,
    (array_agg(expires_at order by line_number desc) filter (where expires_at is not null))[1]
      as expires_at
  from lines_staging
  group by agent_uuid, chain, validation_registry, request_hash
  having count(*) > 1
),
merged as (
  update lines_staging as s
  set
    request_uri = g.request_uri,
    created_at = g.created_at,
    expires_at = g.expires_at
  from groups as g
  where s.line_number = g.line_number
),
deleted as (
  delete from lines_staging as s
  using groups as g
  where s.request_hash = g.request_hash
    and s.agent_uuid = g.agent_uuid
    and s.chain = g.chain
    and s.validation_registry = g.validation_registry
    and s.line_number <> g.line_number
  returning s.responded_at < g.responded_at as is_older
)
select count(*) filter (where is_older) as older
from deleted;

-- name: delete_older
-- Delete staged lines with a response that is older than the stored one, and count them.
with deleted as (
  delete from lines_staging as s
  using erc8004_validations as v
  where v.request_hash = s.request_hash
    and v.agent_uuid = s.agent_uuid
    and v.chain = s.chain
    and v.registry_address = s.validation_registry
    and s.responded_at < v.responded_at
  returning s.line_number
)
select count(*) as older
from deleted;

-- name: update_stored
-- Update the stored validations of which a line says something else, and take all lines about stored
-- ones off the stage. What a line leaves out stays, and so does a response that came meanwhile and
-- is newer.
with known as (
  delete from lines_staging as s
  using erc8004_validations as v
  where v.request_hash = s.request_hash
    and v.agent_uuid = s.agent_uuid
    and v.chain = s.chain
    and v.registry_address = s.validation_registry
  returning
    v.id, s.validator_address, s.request_uri, s.created_at, s.expires_at, s.response,
    s.response_uri, s.response_hash, s.tag, s.responded_at, s.unstorable,
    (v.response, v.response_uri, v.response_hash, v.tag)
      is not distinct from (s.response, s.response_uri, s.response_hash, s.tag) as is_same
),
updated as (
  update erc8004_validations as v
  set
    validator_address = n.validator_address,
    request_uri = coalesce(n.request_uri, v.request_uri),
    created_at = coalesce(n.created_at, v.created_at),
    expires_at = coalesce(n.expires_at, v.expires_at),
    status = case
      when n.response is not null then 'completed'
      when v.status = 'expired' and n.expires_at > now() then 'pending'
      else v.status
    end,
    response = coalesce(n.response, v.response),
    response_uri = case when n.response is null then v.response_uri else n.response_uri end,
    response_hash = case when n.response is null then v.response_hash else n.response_hash end,
    tag = case when n.response is null then v.tag else n.tag end,
    responded_at = case
      when n.response is null then v.responded_at
      else coalesce(n.responded_at, case when n.is_same then v.responded_at end, now())
    end,
    unstorable = n.unstorable,
    source = 'import'
  from known as n
  where v.id = n.id
    and v.source <> 'chain'
    and (n.responded_at < v.responded_at) is not true
    and (
      v.validator_address <> n.validator_address
      or v.request_uri <> coalesce(n.request_uri, v.request_uri)
      or (v.request_uri is null and n.request_uri is not null)
      or v.created_at <> n.created_at
      or v.expires_at is distinct from coalesce(n.expires_at, v.expires_at)
      or (n.response is not null and not n.is_same)
      or v.responded_at <> n.responded_at
      or v.unstorable is distinct from n.unstorable
    )
  returning v.id
)
select count(*) as updated
from updated;

-- name: insert_new
-- Insert the validations that are not stored yet, take their lines off the stage, and count them;
-- one that a request inserts at the same time stays staged. In the order of the hashes, the largest
-- indexes are filled from one side.
with inserted as (
  insert into erc8004_validations (
    id, agent_uuid, chain, registry_address, request_hash, request_uri, validator_address, status,
    response, response_uri, response_hash, tag, created_at, responded_at, expires_at, unstorable,
    source
  )
  select
    s.id, s.agent_uuid, s.chain, s.validation_registry, s.request_hash, s.request_uri,
    s.validator_address, case when s.response is null then 'pending' else 'completed' end,
    s.response, s.response_uri, s.response_hash, s.tag,
    coalesce(s.created_at, s.responded_at, now()),
    case when s.response is not null then coalesce(s.responded_at, now()) end,
    s.expires_at, s.unstorable, 'import'
  from lines_staging as s
  order by s.request_hash
  on conflict on constraint uq__erc8004_validations__chain_registry_request do nothing
  returning id
),
deleted as (
  delete from lines_staging as s
  using inserted as i
  where s.id = i.id
  returning s.id
)
select count(*) as inserted
from deleted;

-- name: analyze_validations
-- Update the planner's statistics after many new rows.
analyze erc8004_validations;
