-- Triggers that keep the chain of feedback one that exists, as a foreign key would, but with one look-up
-- for each chain of a statement.

-- Refuse feedback whose chain does not exist, and lock the chains until the transaction ends.
create or replace function erc8004_require_feedback_chains() returns trigger
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
      message = 'feedback names a chain that does not exist',
      table = 'erc8004_reputation',
      constraint = 'fk__erc8004_reputation__chain';
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_reputation__chain_inserted
after insert on erc8004_reputation
referencing new table as new_rows
for each statement execute function erc8004_require_feedback_chains();

create or replace trigger tr__erc8004_reputation__chain_updated
after update of chain on erc8004_reputation
for each row when (old.chain <> new.chain)
execute function erc8004_require_feedback_chains();

-- Refuse to delete or to rename a chain that has feedback.
create or replace function erc8004_keep_feedback_chains() returns trigger
language plpgsql
as $$
begin
  if exists (select from erc8004_reputation as r where r.chain = old.name) then
    raise foreign_key_violation using
      message = format('chain %s has feedback', old.name),
      table = 'erc8004_reputation',
      constraint = 'fk__erc8004_reputation__chain';
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_chains__feedback_deleted
after delete on erc8004_chains
for each row execute function erc8004_keep_feedback_chains();

create or replace trigger tr__erc8004_chains__feedback_renamed
after update of name on erc8004_chains
for each row when (old.name <> new.name)
execute function erc8004_keep_feedback_chains();
