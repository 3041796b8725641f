-- Store what is read of the chains.

create table erc8004_registries (
  chain text not null,
  address text not null,
  kind text not null,
  identity_registry text not null,
  first_block bigint,

  constraint pk__erc8004_registries primary key (chain, address),
  constraint fk__erc8004_registries__chain
    foreign key (chain) references erc8004_chains (name) on update cascade on delete cascade,
  constraint ck__erc8004_registries__address check (address ~ '^0x[0-9a-f]{40}$'),
  constraint ck__erc8004_registries__kind
    check (kind in ('identity', 'reputation', 'validation')),
  constraint ck__erc8004_registries__identity_registry check (
    identity_registry ~ '^0x[0-9a-f]{40}$'
    and (kind = 'identity') = (identity_registry = address)
  ),
  constraint ck__erc8004_registries__first_block check (first_block >= 0)
);

insert into erc8004_registries (chain, address, kind, identity_registry, first_block)
select c.name, registry.address, registry.kind, c.identity_registry, known.first_block
from erc8004_chains as c
cross join lateral (values
  (c.identity_registry, 'identity', 1),
  (c.reputation_registry, 'reputation', 2),
  (c.validation_registry, 'validation', 3)
) as registry (address, kind, priority)
left join (values
  ('ethereum', 24339873),
  ('base', 41663783)
) as known (chain, first_block) on known.chain = c.name
where registry.kind = 'identity' or registry.address <> c.identity_registry
order by registry.priority
on conflict do nothing;

create table erc8004_chain_cursors (
  chain text not null,
  from_block bigint not null,
  read_block bigint not null,
  read_hash bytea not null,
  final_block bigint not null,
  checked_block bigint not null,
  projected_block bigint not null,
  head_block bigint not null,
  finality text not null default 'finalized',
  range_size integer not null default 1000,
  decoder_version integer not null default 0,
  error_code text,
  error_detail text,
  error_at timestamptz,
  read_at timestamptz not null default now(),
  checked_at timestamptz,
  projected_at timestamptz,
  updated_at timestamptz not null default now(),

  constraint pk__erc8004_chain_cursors primary key (chain),
  constraint fk__erc8004_chain_cursors__chain
    foreign key (chain) references erc8004_chains (name) on update cascade on delete cascade,
  constraint ck__erc8004_chain_cursors__blocks check (
    from_block >= 0
    and from_block - 1 <= projected_block
    and projected_block <= checked_block
    and checked_block <= read_block
  ),
  constraint ck__erc8004_chain_cursors__hash check (octet_length(read_hash) = 32),
  constraint ck__erc8004_chain_cursors__finality
    check (finality ~ '^(finalized|safe|[0-9]{1,6})$'),
  constraint ck__erc8004_chain_cursors__range_size check (range_size >= 1),
  constraint ck__erc8004_chain_cursors__error
    check ((error_code is null) = (error_at is null) and (error_code is null) = (error_detail is null))
) with (fillfactor = 50);

create table erc8004_chain_blocks (
  chain text not null,
  block_number bigint not null,
  block_hash bytea not null,
  parent_hash bytea not null,
  block_time timestamptz not null,

  constraint pk__erc8004_chain_blocks primary key (chain, block_number),
  constraint ck__erc8004_chain_blocks__hashes
    check (octet_length(block_hash) = 32 and octet_length(parent_hash) = 32)
);

create table erc8004_chain_logs (
  chain text not null,
  block_number bigint not null,
  log_index integer not null,
  block_hash bytea not null,
  transaction_hash bytea not null,
  address bytea not null,
  topics bytea not null,
  data bytea not null,

  constraint pk__erc8004_chain_logs primary key (chain, block_number, log_index),
  constraint ck__erc8004_chain_logs__log_index check (log_index >= 0),
  constraint ck__erc8004_chain_logs__lengths check (
    octet_length(block_hash) = 32
    and octet_length(transaction_hash) = 32
    and octet_length(address) = 20
    and octet_length(topics) in (0, 32, 64, 96, 128)
  )
);

create table erc8004_chain_gaps (
  chain text not null,
  from_block bigint not null,
  to_block bigint not null,
  reason text not null,
  created_at timestamptz not null default now(),

  constraint pk__erc8004_chain_gaps primary key (chain, from_block, to_block),
  constraint fk__erc8004_chain_gaps__chain
    foreign key (chain) references erc8004_chains (name) on update cascade on delete cascade,
  constraint ck__erc8004_chain_gaps__blocks check (from_block >= 0 and from_block <= to_block),
  constraint ck__erc8004_chain_gaps__reason check (octet_length(reason) between 1 and 1024)
);

create table erc8004_chain_counts (
  chain text not null,
  kind text not null,
  label text not null,
  total bigint not null,
  last_at timestamptz not null default now(),

  constraint pk__erc8004_chain_counts primary key (chain, kind, label),
  constraint fk__erc8004_chain_counts__chain
    foreign key (chain) references erc8004_chains (name) on update cascade on delete cascade,
  constraint ck__erc8004_chain_counts__total check (total >= 0)
);
