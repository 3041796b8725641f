-- Add the chains whose registries were deployed since. What an operator added before stays as it is.

insert into erc8004_chains
  (name, chain_id, is_testnet, identity_registry, reputation_registry, validation_registry)
select
  added.name,
  added.chain_id,
  same.is_testnet,
  same.identity_registry,
  same.reputation_registry,
  same.validation_registry
from (
  values
    ('injective', 1776, 'base'),
    ('0g', 16661, 'base'),
    ('billions', 45056, 'base'),
    ('robinhood', 4663, 'base'),
    ('abstract-testnet', 11124, 'base-sepolia'),
    ('mantle-sepolia', 5003, 'base-sepolia'),
    ('megaeth-testnet', 6343, 'base-sepolia'),
    ('metis-sepolia', 59902, 'base-sepolia'),
    ('xlayer-testnet', 1952, 'base-sepolia'),
    ('skale-base-sepolia', 324705682, 'base-sepolia'),
    ('soneium-minato', 1946, 'base-sepolia'),
    ('taiko-hoodi', 167013, 'base-sepolia'),
    ('hedera-testnet', 296, 'base-sepolia'),
    ('arc-testnet', 5042002, 'base-sepolia'),
    ('billions-testnet', 6913, 'base-sepolia'),
    ('injective-testnet', 1439, 'base-sepolia'),
    ('0g-galileo', 16602, 'base-sepolia')
) as added (name, chain_id, registries_of)
join erc8004_chains as same on same.name = added.registries_of
where not exists (
    select 1
    from erc8004_chains as c
    where c.chain_id = added.chain_id
  )
  and not exists (
    select 1
    from erc8004_chain_names as n
    where replace(n.name, '-', '') in (
      replace(added.name, '-', ''), added.chain_id::text, 'eip155:' || added.chain_id
    )
  );

-- A database from before names had triggers names its chains here.
insert into erc8004_chain_names (name, chain)
select own.name, c.name
from erc8004_chains as c
cross join lateral unnest(
  array[c.chain_id::text, 'eip155:' || c.chain_id, c.name]
) as own (name)
where c.chain_id in (
  1776, 16661, 45056, 4663, 11124, 5003, 6343, 59902, 1952, 324705682, 1946, 167013, 296, 5042002,
  6913, 1439, 16602
)
  and own.name ~ '^[a-z0-9][a-z0-9.:-]*$'
on conflict do nothing;

insert into erc8004_chain_names (name, chain)
select known.name, c.name
from (values
  ('injective-mainnet', 1776),
  ('0g-mainnet', 16661),
  ('billions-mainnet', 45056),
  ('robinhood-mainnet', 4663),
  ('inj', 1776),
  ('robinhood-chain', 4663),
  ('abstract-sepolia', 11124),
  ('mnt-sepolia', 5003),
  ('minato', 1946),
  ('soneium-testnet', 1946),
  ('hbar-testnet', 296),
  ('inj-testnet', 1439),
  ('galileo', 16602),
  ('0g-testnet', 16602)
) as known (name, chain_id)
join erc8004_chains as c on c.chain_id = known.chain_id
on conflict do nothing;
