-- Triggers that write the names and the registries of a chain when its row is inserted or changed.

-- Return the form of a chain's name in which names are compared.
create or replace function erc8004_chain_key(name text) returns text
language sql immutable
return regexp_replace(lower(btrim(name) collate "C"), '[ _]+', '-', 'g');

-- Write the names of a chain that was inserted or changed. Refuse a name that another chain has.
create or replace function erc8004_name_chain() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'UPDATE' then
    delete from erc8004_chain_names as n
    where n.chain = new.name
      and n.name in (
        erc8004_chain_key(old.name), old.chain_id::text, 'eip155:' || old.chain_id
      );
  end if;
  insert into erc8004_chain_names (name, chain)
  select distinct on (replace(own.name, '-', '')) own.name, new.name
  from unnest(
    array[new.chain_id::text, 'eip155:' || new.chain_id, erc8004_chain_key(new.name)]
  ) as own (name)
  where length(own.name) <= 64
    and own.name ~ '^[a-z0-9][a-z0-9.:-]*$'
  order by replace(own.name, '-', ''), own.name;
  return null;
end;
$$;

create or replace trigger tr__erc8004_chains__inserted
after insert on erc8004_chains
for each row execute function erc8004_name_chain();

create or replace trigger tr__erc8004_chains__updated
after update of name, chain_id on erc8004_chains
for each row execute function erc8004_name_chain();

-- Write the registries of a chain that was inserted or changed. Registries that operators added stay.
create or replace function erc8004_add_registries() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'UPDATE' then
    delete from erc8004_registries as r
    where r.chain = new.name
      and r.address in (
        old.identity_registry, old.reputation_registry, old.validation_registry
      );
  end if;
  insert into erc8004_registries (chain, address, kind, identity_registry)
  select new.name, registry.address, registry.kind, new.identity_registry
  from (values
    (new.identity_registry, 'identity', 1),
    (new.reputation_registry, 'reputation', 2),
    (new.validation_registry, 'validation', 3)
  ) as registry (address, kind, priority)
  where registry.kind = 'identity' or registry.address <> new.identity_registry
  order by registry.priority
  on conflict do nothing;
  return null;
end;
$$;

create or replace trigger tr__erc8004_chains__registries_inserted
after insert on erc8004_chains
for each row execute function erc8004_add_registries();

create or replace trigger tr__erc8004_chains__registries_updated
after update of identity_registry, reputation_registry, validation_registry on erc8004_chains
for each row execute function erc8004_add_registries();
