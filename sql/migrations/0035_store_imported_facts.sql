-- Let imported feedback be known by its position on the chain, or by the id of its source.

alter table erc8004_reputation add column log_index integer;
alter table erc8004_reputation add column source_id text;
alter table erc8004_reputation add column unstorable jsonb;

alter table erc8004_reputation
  add constraint ck__erc8004_reputation__log_index
  check (log_index is null or (log_index >= 0 and tx_hash is not null));
alter table erc8004_reputation
  add constraint ck__erc8004_reputation__source_id
  check (octet_length(source_id) between 1 and 200);

-- The tags of the chain are longer than those that clients may post.
alter table erc8004_reputation drop constraint ck__erc8004_reputation__tags;
alter table erc8004_reputation
  add constraint ck__erc8004_reputation__tags
  check (octet_length(tag1) between 1 and 1024 and octet_length(tag2) between 1 and 1024);

create unique index uq__erc8004_reputation__chain_tx_log
  on erc8004_reputation (tx_hash, log_index, chain)
  where log_index is not null;
create unique index uq__erc8004_reputation__source
  on erc8004_reputation (source_id)
  where source_id is not null;
create index ix__erc8004_reputation__tx
  on erc8004_reputation (tx_hash)
  where tx_hash is not null and log_index is null;

-- So are keys and values of metadata.
alter table erc8004_agent_metadata add column unstorable jsonb;
alter table erc8004_agent_metadata drop constraint ck__erc8004_agent_metadata__key;
alter table erc8004_agent_metadata drop constraint ck__erc8004_agent_metadata__value;
alter table erc8004_agent_metadata
  add constraint ck__erc8004_agent_metadata__key check (octet_length(key) between 1 and 1024);
alter table erc8004_agent_metadata
  add constraint ck__erc8004_agent_metadata__value check (octet_length(value) <= 65536);

alter table erc8004_validations add column unstorable jsonb;
