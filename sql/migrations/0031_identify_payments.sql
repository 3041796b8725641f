-- Let one transaction hold many payments, and store who paid whom.

alter table erc8004_agent_payments
  add column payer_address text,
  add column payee_address text,
  add column log_index integer,
  add column nonce text,
  add constraint ck__erc8004_agent_payments__addresses check (
    payer_address ~ '^0x[0-9a-f]{40}$' and payee_address ~ '^0x[0-9a-f]{40}$'
  ),
  add constraint ck__erc8004_agent_payments__log_index check (log_index >= 0),
  add constraint ck__erc8004_agent_payments__nonce check (nonce ~ '^0x[0-9a-f]{64}$'),
  add constraint ck__erc8004_agent_payments__nonce_has_payer
    check (nonce is null or payer_address is not null);

create unique index uq__erc8004_agent_payments__log
  on erc8004_agent_payments (chain, tx_hash, log_index)
  where log_index is not null;
create unique index uq__erc8004_agent_payments__nonce
  on erc8004_agent_payments (chain, payer_address, nonce)
  where nonce is not null;
create unique index uq__erc8004_agent_payments__agent
  on erc8004_agent_payments (chain, tx_hash, agent_uuid)
  where log_index is null and nonce is null;
create index ix__erc8004_agent_payments__transaction
  on erc8004_agent_payments (chain, tx_hash, agent_uuid, id);

alter table erc8004_agent_payments drop constraint uq__erc8004_agent_payments__chain_tx;
