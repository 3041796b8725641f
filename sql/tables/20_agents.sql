-- Agents and their metadata. Defaults that call a function are set in functions/15_defaults.sql.

-- The numbers of agents without an on-chain id.
create sequence erc8004_local_agent_ids;

-- One row per agent. `claimed` is true if a client registered the agent under a token id that no
-- import has confirmed. `block_number` and `log_index` are the position on the chain of the newest
-- fact about the agent. `source` says who decides owner, URI and wallet: the chain, an import or a
-- client. `agent_wallet`, `registered_at` and `owner_since` are what the chain says. `unstorable` maps
-- the fields that are not stored as the chain holds them to the reasons, the SHA-256 and the length of
-- the original; null if there are none. Triggers check `chain` (functions/22_chains_of_rows.sql).
-- The constraints on addresses and hashes check length and characters separately: a regular
-- expression with a counted repetition costs more than the rest of the row.
create table erc8004_agents (
  id uuid not null,
  agent_id numeric(78, 0) not null,
  chain text not null,
  registry_address text not null,
  owner_address text not null,
  token_uri text,
  registration_file jsonb,
  status text not null default 'active',
  tx_hash text,
  block_number bigint,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  last_activity_at timestamptz not null default now(),
  claimed boolean not null default false,
  log_index integer,
  unstorable jsonb,
  source text not null default 'api',
  agent_wallet text,
  registered_at timestamptz,
  owner_since timestamptz,

  constraint pk__erc8004_agents primary key (id),
  constraint uq__erc8004_agents__chain_registry_agent unique (chain, registry_address, agent_id),
  constraint ck__erc8004_agents__agent_id check (agent_id >= 0),
  constraint ck__erc8004_agents__registry_address
    check (octet_length(registry_address) = 42 and registry_address ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_agents__owner_address
    check (octet_length(owner_address) = 42 and owner_address ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_agents__token_uri
    check (registered_at is not null or octet_length(token_uri) <= 65536),
  constraint ck__erc8004_agents__registration_file_is_object
    check (jsonb_typeof(registration_file) = 'object'),
  constraint ck__erc8004_agents__registration_file_size
    check (octet_length(registration_file::text) <= 65536),
  constraint ck__erc8004_agents__status check (status in ('active', 'suspended', 'revoked')),
  constraint ck__erc8004_agents__tx_hash
    check (octet_length(tx_hash) = 66 and tx_hash ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_agents__claimed_has_token check (
    not claimed
    or agent_id < 115792089237316195423570985008687907853269984665640564039457584007913129639936
  ),
  constraint ck__erc8004_agents__log_index
    check (log_index is null or (log_index >= 0 and block_number is not null)),
  constraint ck__erc8004_agents__unstorable
    check (jsonb_typeof(unstorable) = 'object' and unstorable <> '{}'),
  constraint ck__erc8004_agents__source check (source in ('chain', 'import', 'api')),
  constraint ck__erc8004_agents__agent_wallet
    check (octet_length(agent_wallet) = 42 and agent_wallet ~ '^0x[0-9a-f]*$')
);

-- What an owner says about an agent: bytes under a key, as the registry stores them. `unstorable`
-- marks a key that PostgreSQL cannot store as it is. A chain has empty keys, and values of any size.
create table erc8004_agent_metadata (
  agent_uuid uuid not null,
  key text not null,
  value bytea not null,
  updated_at timestamptz not null default now(),
  unstorable jsonb,

  constraint pk__erc8004_agent_metadata primary key (agent_uuid, key),
  constraint fk__erc8004_agent_metadata__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint ck__erc8004_agent_metadata__key check (octet_length(key) <= 1024)
);

create index ix__erc8004_agent_metadata__agent_wallet
  on erc8004_agent_metadata (value)
  where key = 'agentWallet';

create index ix__erc8004_agents__agent_wallet
  on erc8004_agents (agent_wallet)
  where agent_wallet is not null;

-- The owners of an agent that was read from a chain, in the order of its transfers. The last has no
-- end; one that lasted within a block ends where it began. The rows have no foreign key: the projection
-- writes the row of the agent, which also locks it, in the transaction that inserts them, and triggers
-- delete them with their agents (functions/56_ownership_epochs.sql).
create table erc8004_ownership_epochs (
  agent_uuid uuid not null,
  owner_address text not null,
  tx_hash text not null,
  from_block bigint not null,
  from_log_index integer not null,
  from_time timestamptz not null,
  to_block bigint,
  to_log_index integer,
  to_time timestamptz,

  constraint pk__erc8004_ownership_epochs primary key (agent_uuid, from_block, from_log_index),
  constraint ck__erc8004_ownership_epochs__end check (
    (to_block is null) = (to_log_index is null) and (to_block is null) = (to_time is null)
  )
);

-- The epoch that a transfer ends.
create unique index uq__erc8004_ownership_epochs__current
  on erc8004_ownership_epochs (agent_uuid)
  where to_block is null;

-- The transfers of all agents, by when each ended an epoch.
create index ix__erc8004_ownership_epochs__ended
  on erc8004_ownership_epochs (to_time, agent_uuid)
  where to_time is not null;
