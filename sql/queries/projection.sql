-- name: get_lock
-- Wait until no other process projects this chain, and no refresh or import writes search rows, which
-- would deadlock; lock both until the transaction ends. Until then, rows are read by their keys, in the
-- order of these, whatever the planner believes of tables that grow faster than its statistics; and short
-- statements are not compiled, which is not worth it.
select
  pg_advisory_xact_lock(hashtext('erc8004_projection'), hashtext(%(chain)s)),
  pg_advisory_xact_lock_shared(hashtext('erc8004_agent_search')),
  set_config('enable_seqscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true),
  set_config('enable_sort', 'off', true),
  set_config('jit', 'off', true);

-- name: get_range
-- Return up to which block a chain is projected, and up to which it can be. And whether there is feedback
-- of imports or clients that may turn out to be that of a chain.
select
  c.projected_block,
  c.decoder_version,
  least(c.checked_block, c.final_block) as upto_block,
  exists (
    select
    from erc8004_reputation as r
    where r.source <> 'chain'
      and r.tx_hash is not null
  ) as is_any_unconfirmed
from erc8004_chain_cursors as c
where c.chain = %(chain)s;

-- name: copy_logs
-- Write the first logs of some blocks, in the order of the chain.
copy (
  select l.block_number, l.log_index, l.transaction_hash, l.address, l.topics, l.data
  from erc8004_chain_logs as l
  where l.chain = %(chain)s
    and l.block_number > %(after_block)s
    and l.block_number <= %(upto_block)s
  order by l.block_number, l.log_index
  limit %(logs)s
)
to stdout with (format binary);

-- name: get_times
-- Return the times of some blocks. The range limits them.
select b.block_number, extract(epoch from b.block_time)::bigint as block_time
from erc8004_chain_blocks as b
where b.chain = %(chain)s
  and b.block_number > %(after_block)s
  and b.block_number <= %(upto_block)s
order by b.block_number;

-- name: get_registries
-- Return the contracts whose logs are read on a chain.
select r.address, r.kind, r.identity_registry
from erc8004_registries as r
where r.chain = %(chain)s
order by r.address;

-- name: get_agents
-- Return the ids of some agents of a chain, null for those that do not exist.
select (
  select a.id::text
  from erc8004_agents as a
  where a.chain = %(chain)s
    and a.registry_address = n.registry_address
    and a.agent_id = n.agent_id
) as agent_uuid
from unnest(%(registries)s::text[], %(agent_ids)s::numeric[])
  with ordinality as n (registry_address, agent_id, place)
order by n.place;

-- name: copy_minted
-- Load agents that were minted and that nobody knew before.
copy erc8004_agents (
  id, agent_id, registry_address, owner_address, agent_wallet, owner_since, tx_hash, block_number,
  log_index, updated_at, last_activity_at, created_at, registered_at, chain, source, token_uri,
  unstorable
)
from stdin with (format binary);

-- name: upsert_minted
-- Insert agents that were minted, or make those that imports or clients brought the chain's. Return
-- the id of each, and whether it is new. The file of a claimant goes, as the owner's status stays.
insert into erc8004_agents as a (
  id, chain, registry_address, agent_id, owner_address, token_uri, agent_wallet, owner_since,
  tx_hash, block_number, log_index, updated_at, last_activity_at, unstorable,
  created_at, registered_at, source
)
select
  n.id, %(chain)s, n.registry_address, n.agent_id, n.owner_address, n.token_uri, n.agent_wallet,
  to_timestamp(n.owner_since), n.tx_hash, n.block_number, n.log_index,
  to_timestamp(n.updated_at), to_timestamp(n.updated_at), n.unstorable,
  to_timestamp(n.registered_at), to_timestamp(n.registered_at), 'chain'
from unnest(
  %(ids)s::uuid[], %(registries)s::text[], %(agent_ids)s::numeric[],
  %(owners)s::text[], %(uris)s::text[], %(wallets)s::text[], %(owners_since)s::bigint[],
  %(tx_hashes)s::text[], %(blocks)s::bigint[], %(indexes)s::integer[],
  %(times)s::bigint[], %(marks)s::jsonb[], %(registered)s::bigint[]
) as n (
  id, registry_address, agent_id, owner_address, token_uri, agent_wallet, owner_since,
  tx_hash, block_number, log_index, updated_at, unstorable, registered_at
)
on conflict on constraint uq__erc8004_agents__chain_registry_agent do update
set
  owner_address = excluded.owner_address,
  token_uri = excluded.token_uri,
  agent_wallet = excluded.agent_wallet,
  owner_since = excluded.owner_since,
  tx_hash = excluded.tx_hash,
  block_number = excluded.block_number,
  log_index = excluded.log_index,
  updated_at = greatest(a.updated_at, excluded.updated_at),
  last_activity_at = greatest(a.last_activity_at, excluded.last_activity_at),
  unstorable = nullif(
    coalesce(a.unstorable - 'token_uri', '{}') || coalesce(excluded.unstorable, '{}'), '{}'
  ),
  created_at = excluded.created_at,
  registered_at = excluded.registered_at,
  registration_file = case
    when not a.claimed or a.owner_address = excluded.owner_address then a.registration_file
  end,
  status = case
    when not a.claimed or a.owner_address = excluded.owner_address then a.status else 'active'
  end,
  claimed = false,
  source = 'chain'
returning a.id::text as agent_uuid, a.registry_address, a.agent_id::text as agent_id, (xmax = 0) as is_new;

-- name: update_changed
-- Update the agents of which newer facts are known; what is null stays.
update erc8004_agents as a
set
  owner_address = coalesce(n.owner_address, a.owner_address),
  token_uri = coalesce(n.token_uri, a.token_uri),
  agent_wallet = coalesce(n.agent_wallet, a.agent_wallet),
  owner_since = coalesce(to_timestamp(n.owner_since), a.owner_since),
  tx_hash = n.tx_hash,
  block_number = n.block_number,
  log_index = n.log_index,
  updated_at = greatest(a.updated_at, to_timestamp(n.updated_at)),
  last_activity_at = greatest(a.last_activity_at, to_timestamp(n.updated_at)),
  unstorable = case
    when n.token_uri is null then a.unstorable
    else nullif(
      coalesce(a.unstorable - 'token_uri', '{}') || coalesce(n.unstorable, '{}'), '{}'
    )
  end,
  claimed = false,
  source = 'chain'
from unnest(
  %(agent_uuids)s::uuid[],
  %(owners)s::text[], %(uris)s::text[], %(wallets)s::text[], %(owners_since)s::bigint[],
  %(tx_hashes)s::text[], %(blocks)s::bigint[], %(indexes)s::integer[],
  %(times)s::bigint[], %(marks)s::jsonb[]
) as n (
  id, owner_address, token_uri, agent_wallet, owner_since,
  tx_hash, block_number, log_index, updated_at, unstorable
)
where a.id = n.id;

-- name: delete_metadata
-- Delete what imports and clients said of agents that are the chain's now.
delete from erc8004_agent_metadata as m
where m.agent_uuid = any(%(agent_uuids)s::uuid[]);

-- name: upsert_metadata
-- Insert or update entries of metadata.
insert into erc8004_agent_metadata (agent_uuid, key, value, updated_at, unstorable)
select n.agent_uuid, n.key, n.value, to_timestamp(n.updated_at), n.unstorable
from unnest(
  %(agent_uuids)s::uuid[], %(keys)s::text[], %(values)s::bytea[], %(times)s::bigint[],
  %(marks)s::jsonb[]
) as n (agent_uuid, key, value, updated_at, unstorable)
on conflict on constraint pk__erc8004_agent_metadata do update
set
  value = excluded.value,
  updated_at = excluded.updated_at,
  unstorable = excluded.unstorable;

-- name: update_ended_epochs
-- End the current epoch of agents by their next transfers.
update erc8004_ownership_epochs as e
set
  to_block = n.block_number,
  to_log_index = n.log_index,
  to_time = to_timestamp(n.ended_at)
from unnest(
  %(agent_uuids)s::uuid[], %(blocks)s::bigint[], %(indexes)s::integer[], %(times)s::bigint[]
) as n (agent_uuid, block_number, log_index, ended_at)
where e.agent_uuid = n.agent_uuid
  and e.to_block is null;

-- name: copy_epochs
-- Load the epochs that transfers began.
copy erc8004_ownership_epochs (
  agent_uuid, owner_address, tx_hash, from_block, from_log_index, from_time,
  to_block, to_log_index, to_time
)
from stdin with (format binary);

-- name: insert_unprojected
-- Insert the logs that lead to no row, and why.
insert into erc8004_chain_unprojected (chain, block_number, log_index, event, reason)
select %(chain)s, n.block_number, n.log_index, n.event, n.reason
from unnest(
  %(blocks)s::bigint[], %(indexes)s::integer[], %(events)s::text[], %(reasons)s::text[]
) as n (block_number, log_index, event, reason)
on conflict do nothing;

-- name: update_cursor
-- Move the cursor of what is projected, if it is still where it was read.
update erc8004_chain_cursors as c
set
  projected_block = %(upto_block)s,
  projected_at = now(),
  decoder_version = %(decoder_version)s
where c.chain = %(chain)s
  and c.projected_block = %(after_block)s;

-- name: get_analyzed
-- Return how many rows the planner knows of the tables that grow most.
select min(c.reltuples)::bigint as known_rows
from pg_class as c
where c.oid in ('erc8004_agents'::regclass, 'erc8004_reputation'::regclass);

-- name: analyze
-- Update the planner's statistics after many new rows.
analyze
  erc8004_agents, erc8004_agent_metadata, erc8004_agent_search, erc8004_ownership_epochs,
  erc8004_reputation, erc8004_feedback_responses, erc8004_validations;
