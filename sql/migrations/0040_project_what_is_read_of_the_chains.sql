-- Store who decides each fact, and what only the chains say.

create table erc8004_chain_unprojected (
  chain text not null,
  block_number bigint not null,
  log_index integer not null,
  event text not null,
  reason text not null,

  constraint pk__erc8004_chain_unprojected primary key (chain, block_number, log_index),
  constraint fk__erc8004_chain_unprojected__chain
    foreign key (chain) references erc8004_chains (name) on update cascade on delete cascade
);

alter table erc8004_agents
  add column source text not null default 'api',
  add column agent_wallet text,
  add column registered_at timestamptz,
  add column owner_since timestamptz,
  drop constraint ck__erc8004_agents__token_uri,
  add constraint ck__erc8004_agents__token_uri
    check (registered_at is not null or octet_length(token_uri) <= 65536),
  add constraint ck__erc8004_agents__source check (source in ('chain', 'import', 'api')),
  add constraint ck__erc8004_agents__agent_wallet
    check (octet_length(agent_wallet) = 42 and agent_wallet ~ '^0x[0-9a-f]*$');

-- Only an import could confirm a token. Nothing that is searched or counted changes.
alter table erc8004_agents disable trigger user;
update erc8004_agents
set source = 'import'
where not claimed
  and agent_id < 115792089237316195423570985008687907853269984665640564039457584007913129639936;
alter table erc8004_agents enable trigger user;

alter table erc8004_agent_metadata
  drop constraint ck__erc8004_agent_metadata__key,
  drop constraint ck__erc8004_agent_metadata__value,
  add constraint ck__erc8004_agent_metadata__key check (octet_length(key) <= 1024);

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
  constraint fk__erc8004_ownership_epochs__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint ck__erc8004_ownership_epochs__end check (
    (to_block is null) = (to_log_index is null) and (to_block is null) = (to_time is null)
  )
);

create unique index uq__erc8004_ownership_epochs__current
  on erc8004_ownership_epochs (agent_uuid)
  where to_block is null;

alter table erc8004_reputation
  add column source text not null default 'api',
  add column feedback_index bigint,
  add column block_number bigint,
  drop constraint ck__erc8004_reputation__value,
  add constraint ck__erc8004_reputation__value check (block_number is not null or abs(value) <= 1e38),
  add constraint ck__erc8004_reputation__source check (source in ('chain', 'import', 'api')),
  add constraint ck__erc8004_reputation__chain_has_index
    check (source <> 'chain' or (feedback_index is not null and block_number is not null));

alter table erc8004_reputation disable trigger user;
update erc8004_reputation
set source = 'import'
where log_index is not null
  or source_id is not null;
alter table erc8004_reputation enable trigger user;

create unique index uq__erc8004_reputation__feedback_index
  on erc8004_reputation (agent_uuid, client_address, feedback_index)
  where feedback_index is not null;
create index ix__erc8004_reputation__unconfirmed
  on erc8004_reputation (tx_hash, log_index)
  where source <> 'chain' and tx_hash is not null;

alter table erc8004_feedback_responses
  add column source text not null default 'api',
  add column block_number bigint,
  add column log_index integer,
  add column unstorable jsonb,
  add constraint ck__erc8004_feedback_responses__source check (source in ('chain', 'api'));

alter table erc8004_validations
  add column source text not null default 'api',
  add column block_number bigint,
  add constraint ck__erc8004_validations__source check (source in ('chain', 'import', 'api'));
