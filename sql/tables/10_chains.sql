-- The chains that agents live on, the ERC-8004 registries of each, and every name of each.

-- Operators add a chain by inserting a row; a trigger (functions/05_chains.sql) adds its names.
-- Addresses are stored in lower case.
create table erc8004_chains (
  name text not null,
  chain_id bigint not null,
  is_testnet boolean not null,
  identity_registry text not null,
  reputation_registry text not null,
  validation_registry text not null,

  constraint pk__erc8004_chains primary key (name),
  constraint uq__erc8004_chains__chain_id unique (chain_id),
  constraint ck__erc8004_chains__addresses check (
    identity_registry ~ '^0x[0-9a-f]{40}$'
    and reputation_registry ~ '^0x[0-9a-f]{40}$'
    and validation_registry ~ '^0x[0-9a-f]{40}$'
  )
);

-- All mainnets share one set of registry addresses.
insert into erc8004_chains
  (name, chain_id, is_testnet, identity_registry, reputation_registry, validation_registry)
select
  mainnet.name,
  mainnet.chain_id,
  false,
  '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432',
  '0x8004baa17c55a88189ae136b182e5fda19de9b63',
  '0x8004cc8439f36fd5f9f049d9ff86523df6daab58'
from (values
  ('ethereum', 1),
  ('base', 8453),
  ('arbitrum', 42161),
  ('optimism', 10),
  ('polygon', 137),
  ('avalanche', 43114),
  ('bsc', 56),
  ('monad', 143),
  ('scroll', 534352),
  ('gnosis', 100),
  ('celo', 42220),
  ('taiko', 167000),
  ('linea', 59144),
  ('megaeth', 4326),
  ('xlayer', 196),
  ('abstract', 2741),
  ('mantle', 5000),
  ('soneium', 1868),
  ('goat', 2345),
  ('metis', 1088),
  ('hedera', 295),
  ('skale-base', 1187947933),
  ('shape', 360),
  ('injective', 1776),
  ('0g', 16661),
  ('billions', 45056),
  ('robinhood', 4663)
) as mainnet (name, chain_id);

-- So do all testnets.
insert into erc8004_chains
  (name, chain_id, is_testnet, identity_registry, reputation_registry, validation_registry)
select
  testnet.name,
  testnet.chain_id,
  true,
  '0x8004a818bfb912233c491871b3d84c89a494bd9e',
  '0x8004b663056a597dffe9eccc1965a193b7388713',
  '0x8004cb1bf31daf7788923b405b754f57aceb4272'
from (values
  ('sepolia', 11155111),
  ('base-sepolia', 84532),
  ('arbitrum-sepolia', 421614),
  ('optimism-sepolia', 11155420),
  ('polygon-amoy', 80002),
  ('avalanche-fuji', 43113),
  ('bsc-testnet', 97),
  ('monad-testnet', 10143),
  ('scroll-sepolia', 534351),
  ('gnosis-chiado', 10200),
  ('celo-sepolia', 11142220),
  ('linea-sepolia', 59141),
  ('abstract-testnet', 11124),
  ('mantle-sepolia', 5003),
  ('megaeth-testnet', 6343),
  ('metis-sepolia', 59902),
  ('xlayer-testnet', 1952),
  ('skale-base-sepolia', 324705682),
  ('soneium-minato', 1946),
  ('taiko-hoodi', 167013),
  ('hedera-testnet', 296),
  ('arc-testnet', 5042002),
  ('billions-testnet', 6913),
  ('injective-testnet', 1439),
  ('0g-galileo', 16602)
) as testnet (name, chain_id);

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
  ('chiado', 'gnosis-chiado'),
  ('inj', 'injective'),
  ('robinhood-chain', 'robinhood'),
  ('abstract-sepolia', 'abstract-testnet'),
  ('mnt-sepolia', 'mantle-sepolia'),
  ('minato', 'soneium-minato'),
  ('soneium-testnet', 'soneium-minato'),
  ('hbar-testnet', 'hedera-testnet'),
  ('inj-testnet', 'injective-testnet'),
  ('galileo', '0g-galileo'),
  ('0g-testnet', '0g-galileo')
) as known (name, chain)
join erc8004_chains as c on c.name = known.chain
on conflict do nothing;
