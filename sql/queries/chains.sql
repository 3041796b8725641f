-- name: list
-- Return every chain with its registries and its aliases: the names beside those that it has by itself.
select
  c.name,
  c.chain_id,
  'eip155:' || c.chain_id as caip2,
  c.is_testnet,
  c.identity_registry,
  c.reputation_registry,
  c.validation_registry,
  array(
    select n.name
    from erc8004_chain_names as n
    where n.chain = c.name
      and n.name not in (
        erc8004_chain_key(c.name), c.chain_id::text, 'eip155:' || c.chain_id
      )
    order by n.name
    limit 100
  ) as aliases
from erc8004_chains as c
order by c.is_testnet, c.name
limit 10000;
