-- The names that a chain has by itself: its name, its chain id and its CAIP-2 name.

-- Return the form of a chain's name in which names are compared.
create or replace function erc8004_chain_key(name text) returns text
language sql immutable
return regexp_replace(lower(btrim(name) collate "C"), '[ _]+', '-', 'g');

-- Write the names of a chain that was inserted or changed. One that means another chain is refused.
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
