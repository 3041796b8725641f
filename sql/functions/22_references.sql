-- Triggers that stand for foreign keys: the chain of agents and feedback exists, and so does the agent of
-- feedback. A foreign key would look both up for each row, these do so once for each in a statement.

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
      constraint = tg_argv[0];
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__chain_inserted
after insert on erc8004_agents
referencing new table as new_rows
for each statement execute function erc8004_require_chains('fk__erc8004_agents__chain');

create or replace trigger tr__erc8004_agents__chain_updated
after update of chain on erc8004_agents
for each row when (old.chain <> new.chain)
execute function erc8004_require_chains('fk__erc8004_agents__chain');

create or replace trigger tr__erc8004_reputation__chain_inserted
after insert on erc8004_reputation
referencing new table as new_rows
for each statement execute function erc8004_require_chains('fk__erc8004_reputation__chain');

create or replace trigger tr__erc8004_reputation__chain_updated
after update of chain on erc8004_reputation
for each row when (old.chain <> new.chain)
execute function erc8004_require_chains('fk__erc8004_reputation__chain');

-- Refuse to delete or to rename a chain that has agents or feedback.
create or replace function erc8004_keep_chains() returns trigger
language plpgsql
as $$
declare
  owner text;
begin
  if exists (select from erc8004_agents as a where a.chain = old.name) then
    owner := 'erc8004_agents';
  elsif exists (select from erc8004_reputation as r where r.chain = old.name) then
    owner := 'erc8004_reputation';
  end if;
  if owner is not null then
    raise foreign_key_violation using
      message = format('rows of %s name the chain %s', owner, old.name),
      table = owner,
      constraint = format('fk__%s__chain', owner);
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_chains__referenced_deleted
after delete on erc8004_chains
for each row execute function erc8004_keep_chains();

create or replace trigger tr__erc8004_chains__referenced_renamed
after update of name on erc8004_chains
for each row when (old.name <> new.name)
execute function erc8004_keep_chains();

-- Refuse feedback whose agent does not exist, and lock the agents against deletion until the transaction
-- ends.
create or replace function erc8004_require_agents() returns trigger
language plpgsql
as $$
declare
  named uuid[];
  known bigint;
begin
  if tg_level = 'ROW' then
    named := array[new.agent_uuid];
  else
    named := array(select distinct n.agent_uuid from new_rows as n);
  end if;
  perform from erc8004_agents as a where a.id = any(named) for key share;
  get diagnostics known = row_count;
  if known < cardinality(named) then
    raise foreign_key_violation using
      message = format('a row of %s names an agent that does not exist', tg_table_name),
      table = tg_table_name,
      constraint = tg_argv[0];
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_reputation__agent_inserted
after insert on erc8004_reputation
referencing new table as new_rows
for each statement execute function erc8004_require_agents('fk__erc8004_reputation__agent');

create or replace trigger tr__erc8004_reputation__agent_updated
after update of agent_uuid on erc8004_reputation
for each row when (old.agent_uuid <> new.agent_uuid)
execute function erc8004_require_agents('fk__erc8004_reputation__agent');

-- Delete the feedback of the agents that a statement deleted.
create or replace function erc8004_delete_feedback() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from erc8004_reputation;
  else
    delete from erc8004_reputation as r using old_rows as o where r.agent_uuid = o.id;
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__feedback_deleted
after delete on erc8004_agents
referencing old table as old_rows
for each statement execute function erc8004_delete_feedback();

create or replace trigger tr__erc8004_agents__feedback_truncated
after truncate on erc8004_agents
for each statement execute function erc8004_delete_feedback();
