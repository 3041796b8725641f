-- A request hash is used once for an agent in a registry: what one agent's owner asks takes no
-- hash away from another's.

alter table erc8004_validations drop constraint uq__erc8004_validations__chain_registry_request;
create unique index uq__erc8004_validations__chain_registry_request
  on erc8004_validations (request_hash, agent_uuid, chain, registry_address);
alter table erc8004_validations
  add constraint uq__erc8004_validations__chain_registry_request
  unique using index uq__erc8004_validations__chain_registry_request;

-- The first request that names a validator under a hash: in one registry, and in any.
drop index ix__erc8004_validations__request_hash;
create index ix__erc8004_validations__hash_validator_registry
  on erc8004_validations (
    request_hash, validator_address, chain, registry_address, created_at, id
  );
create index ix__erc8004_validations__hash_validator
  on erc8004_validations (request_hash, validator_address, created_at, id);
