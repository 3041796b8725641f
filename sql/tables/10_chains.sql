-- The chains that agents live on, and the ERC-8004 registries of each.

-- Operators add a chain by inserting a row. Addresses are stored in lower case.
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
  ('shape', 360)
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
  ('linea-sepolia', 59141)
) as testnet (name, chain_id);
