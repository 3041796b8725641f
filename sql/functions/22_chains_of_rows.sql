-- Triggers that replace foreign keys from agents, feedback, validations and payments to their chain. They
-- look up each chain once per statement, not once per row.

-- Refuse rows whose chain does not exist, and lock the chains until the transaction ends.
create or replace function erc8004_require_chains() returns trigger
language plpgsql
as $$
declare
  named text[];
  known bigint;
begin
  if tg_level = 'ROW' then
    named := array[new.chain];
  else
    named := array(select distinct n.chain from new_rows as n);
  end if;
  perform from erc8004_chains as c where c.name = any(named) for key share;
  get diagnostics known = row_count;
  if known < cardinality(named) then
    raise foreign_key_violation using
      message = format('a row of %s names a chain that does not exist', tg_table_name),
      table = tg_table_name,
      constraint = format('fk__%s__chain', tg_table_name);
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__chain_inserted
after insert on erc8004_agents
referencing new table as new_rows
for each statement execute function erc8004_require_chains();

create or replace trigger tr__erc8004_agents__chain_updated
after update of chain on erc8004_agents
for each row when (old.chain <> new.chain)
execute function erc8004_require_chains();

create or replace trigger tr__erc8004_reputation__chain_inserted
after insert on erc8004_reputation
referencing new table as new_rows
for each statement execute function erc8004_require_chains();

create or replace trigger tr__erc8004_reputation__chain_updated
after update of chain on erc8004_reputation
for each row when (old.chain <> new.chain)
execute function erc8004_require_chains();

create or replace trigger tr__erc8004_validations__chain_inserted
after insert on erc8004_validations
referencing new table as new_rows
for each statement execute function erc8004_require_chains();

create or replace trigger tr__erc8004_validations__chain_updated
after update of chain on erc8004_validations
for each row when (old.chain <> new.chain)
execute function erc8004_require_chains();

create or replace trigger tr__erc8004_agent_payments__chain_inserted
after insert on erc8004_agent_payments
referencing new table as new_rows
for each statement execute function erc8004_require_chains();

create or replace trigger tr__erc8004_agent_payments__chain_updated
after update of chain on erc8004_agent_payments
for each row when (old.chain <> new.chain)
execute function erc8004_require_chains();

-- Refuse to delete or to rename a chain that a row names.
create or replace function erc8004_keep_chains() returns trigger
language plpgsql
as $$
declare
  named_in text;
begin
  named_in := case
    when exists (select from erc8004_agents as a where a.chain = old.name)
      then 'erc8004_agents'
    when exists (select from erc8004_reputation as r where r.chain = old.name)
      then 'erc8004_reputation'
    when exists (select from erc8004_validations as v where v.chain = old.name)
      then 'erc8004_validations'
    when exists (select from erc8004_agent_payments as p where p.chain = old.name)
      then 'erc8004_agent_payments'
  end;
  if named_in is not null then
    raise foreign_key_violation using
      message = format('rows of %s name chain %s', named_in, old.name),
      table = named_in,
      constraint = format('fk__%s__chain', named_in);
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_chains__deleted
after delete on erc8004_chains
for each row execute function erc8004_keep_chains();

create or replace trigger tr__erc8004_chains__renamed
after update of name on erc8004_chains
for each row when (old.name <> new.name)
execute function erc8004_keep_chains();
