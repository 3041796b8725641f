-- Give each chain the names by which the world knows it, and let search filter by registry.

-- Every name that means a chain, in lower case with a hyphen for each space or underscore: its own,
-- its chain id, its CAIP-2 name and its aliases. Each means one chain only, with hyphens or without.
-- Operators add an alias by inserting a row.
create table erc8004_chain_names (
  name text collate "C" not null,
  chain text not null,

  constraint pk__erc8004_chain_names primary key (name),
  constraint fk__erc8004_chain_names__chain
    foreign key (chain) references erc8004_chains (name) on update cascade on delete cascade,
  constraint ck__erc8004_chain_names__name
    check (length(name) <= 64 and name ~ '^[a-z0-9][a-z0-9.:-]*$')
);

create unique index uq__erc8004_chain_names__without_hyphens
  on erc8004_chain_names (replace(name, '-', ''));
create index ix__erc8004_chain_names__chain on erc8004_chain_names (chain);

-- The names that a chain has by itself. Of several chains, the one with this chain id has the name,
-- else the one whose name it is exactly.
insert into erc8004_chain_names (name, chain)
select distinct on (replace(own.name, '-', '')) own.name, own.chain
from (
  select c.chain_id::text as name, c.name as chain, 1 as priority
  from erc8004_chains as c
  union all
  select 'eip155:' || c.chain_id, c.name, 1
  from erc8004_chains as c
  union all
  select c.name, c.name, 2
  from erc8004_chains as c
  union all
  select regexp_replace(lower(btrim(c.name) collate "C"), '[ _]+', '-', 'g'), c.name, 3
  from erc8004_chains as c
) as own
where length(own.name) <= 64
  and own.name ~ '^[a-z0-9][a-z0-9.:-]*$'
order by replace(own.name, '-', ''), own.priority, own.chain;

-- The names that wallets, explorers, libraries and x402 use.
insert into erc8004_chain_names (name, chain)
select c.name || '-mainnet', c.name
from erc8004_chains as c
where not c.is_testnet
  and c.name ~ '^[a-z0-9-]{1,50}$'
on conflict do nothing;

insert into erc8004_chain_names (name, chain)
select known.name, c.name
from (values
  ('eth', 'ethereum'),
  ('eth-mainnet', 'ethereum'),
  ('arb', 'arbitrum'),
  ('arb1', 'arbitrum'),
  ('arb-mainnet', 'arbitrum'),
  ('arbitrum-one', 'arbitrum'),
  ('op', 'optimism'),
  ('op-mainnet', 'optimism'),
  ('opt-mainnet', 'optimism'),
  ('oeth', 'optimism'),
  ('optimistic-ethereum', 'optimism'),
  ('matic', 'polygon'),
  ('matic-mainnet', 'polygon'),
  ('pol', 'polygon'),
  ('polygon-pos', 'polygon'),
  ('avax', 'avalanche'),
  ('avax-mainnet', 'avalanche'),
  ('avalanche-c', 'avalanche'),
  ('avalanche-c-chain', 'avalanche'),
  ('bnb', 'bsc'),
  ('bnb-chain', 'bsc'),
  ('bnb-mainnet', 'bsc'),
  ('bnb-smart-chain', 'bsc'),
  ('binance', 'bsc'),
  ('binance-smart-chain', 'bsc'),
  ('scr', 'scroll'),
  ('gno', 'gnosis'),
  ('gnosis-chain', 'gnosis'),
  ('xdai', 'gnosis'),
  ('taiko-alethia', 'taiko'),
  ('mnt', 'mantle'),
  ('goat-network', 'goat'),
  ('metis-andromeda', 'metis'),
  ('hbar', 'hedera'),
  ('sep', 'sepolia'),
  ('eth-sepolia', 'sepolia'),
  ('ethereum-sepolia', 'sepolia'),
  ('base-sep', 'base-sepolia'),
  ('base-testnet', 'base-sepolia'),
  ('arb-sep', 'arbitrum-sepolia'),
  ('arb-sepolia', 'arbitrum-sepolia'),
  ('op-sepolia', 'optimism-sepolia'),
  ('amoy', 'polygon-amoy'),
  ('matic-amoy', 'polygon-amoy'),
  ('fuji', 'avalanche-fuji'),
  ('avax-fuji', 'avalanche-fuji'),
  ('avalanche-testnet', 'avalanche-fuji'),
  ('bnbt', 'bsc-testnet'),
  ('bnb-testnet', 'bsc-testnet'),
  ('bnb-chain-testnet', 'bsc-testnet'),
  ('bnb-smart-chain-testnet', 'bsc-testnet'),
  ('chiado', 'gnosis-chiado')
) as known (name, chain)
join erc8004_chains as c on c.name = known.chain
on conflict do nothing;

-- Nearly every agent is in the identity registry of the mainnets: as the default of a new column,
-- its address is stored once, and only the rows of other agents are written.
alter table erc8004_agent_search
  add column registry_address text collate "C" not null
    default '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432';

update erc8004_agent_search as s
set registry_address = a.registry_address
from erc8004_agents as a
where a.id = s.agent_uuid
  and a.registry_address <> s.registry_address;

alter table erc8004_agent_search alter column registry_address drop default;

create index ix__erc8004_agent_search__registry
  on erc8004_agent_search (registry_address, status, claimed);
