-- x402 payments to agents.

-- `source` says who brought a payment, an import or a client; no registry knows of any. `unstorable`
-- marks imported texts that PostgreSQL cannot store as they are. Triggers check `chain`
-- (functions/22_chains_of_rows.sql).
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
  payer_address text,
  payee_address text,
  log_index integer,
  nonce text,
  unstorable jsonb,
  source text not null default 'api',

  constraint pk__erc8004_agent_payments primary key (id),
  constraint fk__erc8004_agent_payments__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint ck__erc8004_agent_payments__tx_hash
    check (octet_length(tx_hash) = 66 and tx_hash ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_agent_payments__amount_usdc check (amount_usdc >= 0),
  constraint ck__erc8004_agent_payments__status
    check (status in ('pending', 'verified', 'failed', 'rejected')),
  constraint ck__erc8004_agent_payments__verified_has_time
    check ((status = 'verified') = (verified_at is not null)),
  constraint ck__erc8004_agent_payments__addresses check (
    octet_length(payer_address) = 42
    and payer_address ~ '^0x[0-9a-f]*$'
    and octet_length(payee_address) = 42
    and payee_address ~ '^0x[0-9a-f]*$'
  ),
  constraint ck__erc8004_agent_payments__log_index check (log_index >= 0),
  constraint ck__erc8004_agent_payments__nonce
    check (octet_length(nonce) = 66 and nonce ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_agent_payments__nonce_has_payer
    check (nonce is null or payer_address is not null),
  constraint ck__erc8004_agent_payments__source check (source in ('import', 'api'))
);

-- Which payment is meant. One transaction may hold many: each has its log, and each payer uses a
-- nonce once. Of two writers of the same log or nonce, the second waits for the first and then finds
-- its row, whichever agents and transactions they name.
create unique index uq__erc8004_agent_payments__log
  on erc8004_agent_payments (chain, tx_hash, log_index)
  where log_index is not null;
create unique index uq__erc8004_agent_payments__nonce
  on erc8004_agent_payments (chain, payer_address, nonce)
  where nonce is not null;

-- Without a log and a nonce, a transaction holds one payment to each agent.
create unique index uq__erc8004_agent_payments__agent
  on erc8004_agent_payments (chain, tx_hash, agent_uuid)
  where log_index is null and nonce is null;

-- The payments of one transaction to one agent. No unique index can say that a payment without its
-- log and one with it are the same: writers of these take a lock first (payments.get_lock).
create index ix__erc8004_agent_payments__transaction
  on erc8004_agent_payments (chain, tx_hash, agent_uuid, id);

create index ix__erc8004_agent_payments__agent_created
  on erc8004_agent_payments (agent_uuid, created_at, id);
create index ix__erc8004_agent_payments__agent_status
  on erc8004_agent_payments (agent_uuid, status, created_at, id);

-- Failed payments of all agents, by their time.
create index ix__erc8004_agent_payments__failed
  on erc8004_agent_payments (created_at, id)
  where status in ('failed', 'rejected');
