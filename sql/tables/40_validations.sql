-- Validation requests, each with the latest response of its validator; `unstorable` marks imported
-- texts that PostgreSQL cannot store as they are. Triggers check `chain`
-- (functions/22_chains_of_rows.sql).

create table erc8004_validations (
  id uuid not null,
  agent_uuid uuid not null,
  chain text not null,
  registry_address text not null,
  request_hash text not null,
  request_uri text,
  validator_address text not null,
  status text not null default 'pending',
  response smallint,
  response_uri text,
  response_hash text,
  tag text,
  created_at timestamptz not null default now(),
  responded_at timestamptz,
  expires_at timestamptz,
  unstorable jsonb,
  source text not null default 'api',
  block_number bigint,

  constraint pk__erc8004_validations primary key (id),
  constraint uq__erc8004_validations__chain_registry_request
    unique (request_hash, agent_uuid, chain, registry_address),
  constraint fk__erc8004_validations__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint ck__erc8004_validations__addresses check (
    octet_length(registry_address) = 42
    and registry_address ~ '^0x[0-9a-f]*$'
    and octet_length(validator_address) = 42
    and validator_address ~ '^0x[0-9a-f]*$'
  ),
  constraint ck__erc8004_validations__request_hash
    check (octet_length(request_hash) = 66 and request_hash ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_validations__status check (status in ('pending', 'completed', 'expired')),
  constraint ck__erc8004_validations__response check (response between 0 and 100),
  constraint ck__erc8004_validations__completed_has_response
    check ((status = 'completed') = (response is not null and responded_at is not null)),
  constraint ck__erc8004_validations__source check (source in ('chain', 'import', 'api'))
);

create index ix__erc8004_validations__agent_created
  on erc8004_validations (agent_uuid, created_at, id);

-- The validations of an agent by status, and its pending ones that are overdue, which are shown as
-- expired before a refresh marks them so.
create index ix__erc8004_validations__agent_status
  on erc8004_validations (agent_uuid, status, created_at, id);
create index ix__erc8004_validations__agent_overdue
  on erc8004_validations (agent_uuid, expires_at)
  where status = 'pending';

-- The first request with a hash that names a validator: in one registry, and in any.
create index ix__erc8004_validations__hash_validator_registry
  on erc8004_validations (
    request_hash, validator_address, chain, registry_address, created_at, id
  );
create index ix__erc8004_validations__hash_validator
  on erc8004_validations (request_hash, validator_address, created_at, id);

-- Pending requests, which a refresh marks as expired.
create index ix__erc8004_validations__pending_expiry
  on erc8004_validations (expires_at)
  where status = 'pending';
