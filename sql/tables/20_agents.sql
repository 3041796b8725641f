-- Agents and their metadata. Defaults that call a function are set in functions/15_defaults.sql.

-- The numbers of agents without an on-chain id.
create sequence erc8004_local_agent_ids;

-- One row per agent. `claimed` is true if a client registered the agent under a token id that no
-- import has confirmed. `block_number` and `log_index` are the position on the chain of the newest
-- fact about the agent. `unstorable` maps the fields that are not stored as the chain holds them to
-- the reasons, the SHA-256 and the length of the original; null if there are none.
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

  constraint pk__erc8004_agents primary key (id),
  constraint uq__erc8004_agents__chain_registry_agent unique (chain, registry_address, agent_id),
  constraint fk__erc8004_agents__chain foreign key (chain) references erc8004_chains (name),
  constraint ck__erc8004_agents__agent_id check (agent_id >= 0),
  constraint ck__erc8004_agents__registry_address
    check (octet_length(registry_address) = 42 and registry_address ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_agents__owner_address
    check (octet_length(owner_address) = 42 and owner_address ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_agents__token_uri check (octet_length(token_uri) <= 65536),
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
    check (jsonb_typeof(unstorable) = 'object' and unstorable <> '{}')
);

-- What an owner says about an agent: bytes under a key, as the registry stores them. `unstorable`
-- marks an imported key that PostgreSQL cannot store as it is.
create table erc8004_agent_metadata (
  agent_uuid uuid not null,
  key text not null,
  value bytea not null,
  updated_at timestamptz not null default now(),
  unstorable jsonb,

  constraint pk__erc8004_agent_metadata primary key (agent_uuid, key),
  constraint fk__erc8004_agent_metadata__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint ck__erc8004_agent_metadata__key check (octet_length(key) between 1 and 1024),
  constraint ck__erc8004_agent_metadata__value check (octet_length(value) <= 65536)
);

create index ix__erc8004_agent_metadata__agent_wallet
  on erc8004_agent_metadata (value)
  where key = 'agentWallet';
