-- What the imports of all kinds of records share: locks, settings, and the table of their lines.

-- name: get_memory
-- Set more memory for this transaction, for hashing and sorting the staged lines and for adding
-- the words of new agents to their index in batches of ten thousand; and a smaller sample of the staged
-- lines, which is enough to choose how to join them.
select
  set_config('default_statistics_target', '30', true) as default_statistics_target,
  set_config('work_mem', '32MB', true) as work_mem,
  set_config('gin_pending_list_limit', '32MB', true) as gin_pending_list_limit;

-- name: get_refresh_lock
-- Wait until no refresh of the statistics runs, and lock refreshes out until the transaction ends:
-- both update many rows of the search, and would deadlock. So would the projection of a chain.
select
  pg_advisory_xact_lock(hashtext('refresh_erc8004_stats')),
  pg_advisory_xact_lock(hashtext('erc8004_agent_search'));

-- name: get_lock_timeout
-- Set how long each half of an import waits for a lock. A session that waits for one half while the
-- other waits for it would wait for ever: PostgreSQL does not see that the halves end together.
select set_config('lock_timeout', %(milliseconds)s::text, true) as lock_timeout;

-- name: list_agents
-- Return the agents of some lines, by uuid or by token.
select
  true as is_by_uuid,
  a.id::text as agent_uuid,
  a.chain,
  a.registry_address,
  a.agent_id::text as agent_id,
  a.owner_address
from unnest(%(uuids)s::uuid[]) as u (id)
join erc8004_agents as a on a.id = u.id
union all
select
  false,
  a.id::text,
  a.chain,
  a.registry_address,
  a.agent_id::text,
  a.owner_address
from unnest(%(chains)s::text[], %(registries)s::text[], %(agent_ids)s::numeric[])
  as t (chain, registry_address, agent_id)
join erc8004_agents as a
  on a.chain = t.chain
  and a.registry_address = t.registry_address
  and a.agent_id = t.agent_id
order by agent_uuid
limit 10000;

-- name: create_lines
-- Create the table that holds the lines of one file about agents until the whole file has been
-- read: what all kinds have, and what each kind has. The id is for a new row.
create temporary table lines_staging (
  line_number bigint not null,
  id uuid not null default erc8004_uuid(),
  agent_uuid uuid not null,
  chain text not null,
  tx_hash text,
  log_index integer,
  source_id text,
  created_at timestamptz,
  unstorable jsonb,

  client_address text,
  value numeric(39, 0),
  value_decimals smallint,
  score numeric(5, 2),
  tag1 text,
  tag2 text,
  endpoint text,
  file_uri text,
  file_hash text,
  revoked_at timestamptz,
  revocation_reason text,

  request_hash text,
  validation_registry text,
  validator_address text,
  request_uri text,
  expires_at timestamptz,
  response smallint,
  response_uri text,
  response_hash text,
  tag text,
  responded_at timestamptz,

  nonce text,
  payer_address text,
  payee_address text,
  amount_usdc numeric(20, 6),
  status text,
  failure_reason text,
  verified_at timestamptz,
  source text,

  metadata_key text,
  metadata_value bytea,
  updated_at timestamptz
) on commit drop;

-- name: analyze_lines
-- Update the planner's statistics of what staged lines are known by.
analyze lines_staging (line_number, agent_uuid, chain, tx_hash, log_index, source_id);
