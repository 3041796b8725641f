-- Validation requests with the validator's latest response, and x402 payments.

create table erc8004_validations (
  id uuid not null default erc8004_uuid(),
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

  constraint pk__erc8004_validations primary key (id),
  constraint uq__erc8004_validations__chain_registry_request
    unique (chain, registry_address, request_hash),
  constraint fk__erc8004_validations__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint fk__erc8004_validations__chain foreign key (chain) references erc8004_chains (name),
  constraint ck__erc8004_validations__addresses check (
    registry_address ~ '^0x[0-9a-f]{40}$' and validator_address ~ '^0x[0-9a-f]{40}$'
  ),
  constraint ck__erc8004_validations__request_hash check (request_hash ~ '^0x[0-9a-f]{64}$'),
  constraint ck__erc8004_validations__status check (status in ('pending', 'completed', 'expired')),
  constraint ck__erc8004_validations__response check (response between 0 and 100),
  constraint ck__erc8004_validations__completed_has_response
    check ((status = 'completed') = (response is not null and responded_at is not null))
);

create index ix__erc8004_validations__agent_created
  on erc8004_validations (agent_uuid, created_at, id);
create index ix__erc8004_validations__request_hash on erc8004_validations (request_hash);
create index ix__erc8004_validations__pending_expiry
  on erc8004_validations (expires_at)
  where status = 'pending';

create table erc8004_agent_payments (
  id uuid not null default erc8004_uuid(),
  agent_uuid uuid not null,
  chain text not null,
  tx_hash text not null,
  amount_usdc numeric(20, 6) not null,
  status text not null default 'pending',
  endpoint text,
  failure_reason text,
  created_at timestamptz not null default now(),
  verified_at timestamptz,

  constraint pk__erc8004_agent_payments primary key (id),
  constraint uq__erc8004_agent_payments__chain_tx unique (chain, tx_hash),
  constraint fk__erc8004_agent_payments__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint fk__erc8004_agent_payments__chain foreign key (chain) references erc8004_chains (name),
  constraint ck__erc8004_agent_payments__tx_hash check (tx_hash ~ '^0x[0-9a-f]{64}$'),
  constraint ck__erc8004_agent_payments__amount_usdc check (amount_usdc >= 0),
  constraint ck__erc8004_agent_payments__status
    check (status in ('pending', 'verified', 'failed', 'rejected')),
  constraint ck__erc8004_agent_payments__verified_has_time
    check ((status = 'verified') = (verified_at is not null))
);

create index ix__erc8004_agent_payments__agent_created
  on erc8004_agent_payments (agent_uuid, created_at, id);
