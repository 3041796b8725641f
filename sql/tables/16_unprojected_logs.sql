-- The logs of the registries that are no row anywhere, because they are not what their event declares
-- or name something that does not exist. The journal holds their bytes.
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
