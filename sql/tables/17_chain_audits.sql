-- The audits of the chains: what the contracts answered at a block, compared with what is held.

-- The outcome is 'equal', 'different', or 'unasked' if the provider did not answer for the block.
create table erc8004_chain_audits (
  chain text not null,
  audited_at timestamptz not null default now(),
  block_number bigint not null,
  outcome text not null,
  agents integer not null,
  answers integer not null,
  differences integer not null,
  unanswered integer not null,
  detail text,

  constraint pk__erc8004_chain_audits primary key (chain, audited_at),
  constraint fk__erc8004_chain_audits__chain
    foreign key (chain) references erc8004_chains (name) on update cascade on delete cascade,
  constraint ck__erc8004_chain_audits__outcome
    check (outcome in ('equal', 'different', 'unasked')),
  constraint ck__erc8004_chain_audits__differences
    check (differences between 0 and answers and (outcome = 'different') = (differences > 0)),
  constraint ck__erc8004_chain_audits__detail check (octet_length(detail) between 1 and 4096)
);

-- In what the chain and we differed: a function of a contract, what we expected of it, and what it
-- answered, both shortened.
create table erc8004_chain_audit_differences (
  chain text not null,
  audited_at timestamptz not null,
  place integer not null,
  contract text not null,
  function text not null,
  agent_id numeric(78, 0),
  about text not null,
  held text not null,
  answered text not null,

  constraint pk__erc8004_chain_audit_differences primary key (chain, audited_at, place),
  constraint fk__erc8004_chain_audit_differences__audit
    foreign key (chain, audited_at) references erc8004_chain_audits (chain, audited_at)
    on update cascade on delete cascade
);
