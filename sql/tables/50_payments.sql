-- x402 payments to agents.

create table erc8004_agent_payments (
  id uuid not null,
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
  constraint ck__erc8004_agent_payments__tx_hash
    check (octet_length(tx_hash) = 66 and tx_hash ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_agent_payments__amount_usdc check (amount_usdc >= 0),
  constraint ck__erc8004_agent_payments__status
    check (status in ('pending', 'verified', 'failed', 'rejected')),
  constraint ck__erc8004_agent_payments__verified_has_time
    check ((status = 'verified') = (verified_at is not null))
);

create index ix__erc8004_agent_payments__agent_created
  on erc8004_agent_payments (agent_uuid, created_at, id);
