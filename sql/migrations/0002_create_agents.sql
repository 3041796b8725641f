-- Agents and their metadata.

-- A time-ordered uuid (RFC 9562, version 7), so that new rows land at the right
-- edge of an index; PostgreSQL has its own only from version 18.
create function erc8004_uuid() returns uuid
language sql volatile parallel safe
return encode(
  set_bit(
    set_bit(
      overlay(
        uuid_send(gen_random_uuid())
        placing substring(
          int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3
        )
        from 1 for 6
      ),
      52, 1
    ),
    53, 1
  ),
  'hex'
)::uuid;

-- A time as the API writes it: RFC 3339 in UTC.
create function erc8004_timestamp(moment timestamptz) returns text
language sql stable parallel safe
return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- An agent registered here without an on-chain id is numbered from 2^256 on:
-- token ids are uint256, so no registry can ever give out the same number.
create sequence erc8004_local_agent_ids;

create function erc8004_local_agent_id() returns numeric
language sql volatile
return 115792089237316195423570985008687907853269984665640564039457584007913129639936
       + nextval('erc8004_local_agent_ids');

create table erc8004_agents (
  id uuid not null default erc8004_uuid(),
  agent_id numeric(78, 0) not null default erc8004_local_agent_id(),
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

  constraint pk__erc8004_agents primary key (id),
  constraint uq__erc8004_agents__chain_registry_agent unique (chain, registry_address, agent_id),
  constraint fk__erc8004_agents__chain foreign key (chain) references erc8004_chains (name),
  constraint ck__erc8004_agents__agent_id check (agent_id >= 0),
  constraint ck__erc8004_agents__registry_address check (registry_address ~ '^0x[0-9a-f]{40}$'),
  constraint ck__erc8004_agents__owner_address check (owner_address ~ '^0x[0-9a-f]{40}$'),
  constraint ck__erc8004_agents__token_uri check (length(token_uri) <= 2048),
  constraint ck__erc8004_agents__registration_file_is_object
    check (jsonb_typeof(registration_file) = 'object'),
  constraint ck__erc8004_agents__registration_file_size
    check (octet_length(registration_file::text) <= 65536),
  constraint ck__erc8004_agents__status check (status in ('active', 'suspended', 'revoked')),
  constraint ck__erc8004_agents__tx_hash check (tx_hash ~ '^0x[0-9a-f]{64}$')
);

create table erc8004_agent_metadata (
  agent_uuid uuid not null,
  key text not null,
  value bytea not null,
  updated_at timestamptz not null default now(),

  constraint pk__erc8004_agent_metadata primary key (agent_uuid, key),
  constraint fk__erc8004_agent_metadata__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint ck__erc8004_agent_metadata__key check (length(key) between 1 and 128),
  constraint ck__erc8004_agent_metadata__value check (octet_length(value) <= 10240)
);
