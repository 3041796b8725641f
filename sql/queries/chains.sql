-- name: get
-- Return one chain with its registries.
select
  c.name,
  c.chain_id,
  c.identity_registry,
  c.reputation_registry,
  c.validation_registry
from erc8004_chains as c
where c.name = %(chain)s;
