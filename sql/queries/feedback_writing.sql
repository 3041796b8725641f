-- Writing feedback for clients, and revoking it.

-- part: columns
-- The columns of a feedback that an answer has.
r.id, r.agent_uuid, r.client_address, r.value, r.value_decimals, r.score, r.tag1, r.tag2,
    r.endpoint, r.file_uri, r.file_hash, r.chain, r.tx_hash, r.is_revoked, r.revoked_at,
    r.revocation_reason, r.created_at, r.source, r.feedback_index, r.block_number, r.unstorable

-- name: insert
-- Insert a feedback and return it; the chain defaults to the agent's. No row if the agent does not
-- exist, is not active or is the client's own. The agent is locked against changes until the
-- commit: writers to one agent do not wait for each other, but its owner cannot suspend it
-- meanwhile.
with agent as (
  select a.id, a.chain
  from erc8004_agents as a
  where a.id = %(agent_uuid)s
    and a.status = 'active'
    and a.owner_address <> %(client_address)s
  for share
)
insert into erc8004_reputation as r (
  agent_uuid, client_address, value, value_decimals, score, tag1, tag2,
  endpoint, file_uri, file_hash, chain, tx_hash
)
select
  agent.id, %(client_address)s, %(value)s, %(value_decimals)s, %(score)s,
  %(tag1)s, %(tag2)s, %(endpoint)s, %(file_uri)s, %(file_hash)s,
  coalesce(%(chain)s, agent.chain), %(tx_hash)s
from agent
returning
  id as feedback_id,
  agent_uuid,
  client_address,
  value::text as value,
  value_decimals,
  score::float8 as score,
  tag1,
  tag2,
  endpoint,
  file_uri,
  file_hash,
  chain,
  (select c.chain_id from erc8004_chains as c where c.name = r.chain) as chain_id,
  (select 'eip155:' || c.chain_id from erc8004_chains as c where c.name = r.chain) as caip2,
  tx_hash,
  is_revoked,
  revoked_at,
  revocation_reason,
  created_at,
  source,
  feedback_index,
  block_number,
  null::bigint as as_of_block,
  unstorable,
  '{}'::text[] as truncated,
  '[]'::jsonb as responses;

-- name: insert_unless_on_chain
-- Insert a feedback that names its transaction, and return it; if the chain holds feedback of this
-- client in this transaction, return the first of that instead. No row as for insert.
with agent as (
  select a.id, a.chain
  from erc8004_agents as a
  where a.id = %(agent_uuid)s
    and a.status = 'active'
    and a.owner_address <> %(client_address)s
  for share
),
existing as (
  select r.id
  from agent
  join erc8004_reputation as r
    on r.tx_hash = %(tx_hash)s
    and r.chain = coalesce(%(chain)s, agent.chain)
    and r.agent_uuid = agent.id
    and r.client_address = %(client_address)s
  where r.source = 'chain'
    and r.log_index is not null
  order by r.log_index
  limit 1
),
inserted as (
  insert into erc8004_reputation as r (
    agent_uuid, client_address, value, value_decimals, score, tag1, tag2,
    endpoint, file_uri, file_hash, chain, tx_hash
  )
  select
    agent.id, %(client_address)s, %(value)s, %(value_decimals)s, %(score)s,
    %(tag1)s, %(tag2)s, %(endpoint)s, %(file_uri)s, %(file_hash)s,
    coalesce(%(chain)s, agent.chain), %(tx_hash)s
  from agent
  where not exists (select from existing)
  returning {columns}
)
select
  r.id as feedback_id,
  r.agent_uuid,
  r.client_address,
  r.value::text as value,
  r.value_decimals,
  r.score::float8 as score,
  r.tag1,
  r.tag2,
  r.endpoint,
  r.file_uri,
  r.file_hash,
  r.chain,
  c.chain_id,
  'eip155:' || c.chain_id as caip2,
  r.tx_hash,
  r.is_revoked,
  r.revoked_at,
  r.revocation_reason,
  r.created_at,
  r.source,
  r.feedback_index,
  r.block_number,
  (
    select b.projected_block
    from erc8004_chain_cursors as b
    where b.chain = r.chain
      and r.source = 'chain'
  ) as as_of_block,
  r.unstorable,
  '{}'::text[] as truncated,
  '[]'::jsonb as responses
from (
  select {columns} from inserted as r
  union all
  select {columns}
  from existing as e
  join erc8004_reputation as r on r.id = e.id
) as r
join erc8004_chains as c on c.name = r.chain;

-- name: get_for_update
-- Return one feedback, and lock it for a change.
select
  r.id as feedback_id,
  r.agent_uuid,
  r.client_address,
  r.is_revoked,
  r.source,
  r.feedback_index,
  r.chain,
  a.agent_id::text as agent_id,
  g.address as registry_address
from erc8004_reputation as r
join erc8004_agents as a on a.id = r.agent_uuid
left join erc8004_registries as g
  on g.chain = a.chain
  and g.kind = 'reputation'
  and g.identity_registry = a.registry_address
where r.id = %(feedback_id)s
for no key update of r;

-- name: update_revoked
-- Revoke one feedback, and return it.
update erc8004_reputation as r
set
  is_revoked = true,
  revoked_at = now(),
  revocation_reason = %(reason)s
where r.id = %(feedback_id)s
returning
  r.id as feedback_id,
  r.agent_uuid,
  r.client_address,
  r.is_revoked,
  r.revoked_at,
  r.revocation_reason;
