-- Triggers that replace a foreign key from feedback to its agent. They look up each agent once per
-- statement, not once per row.

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
      constraint = format('fk__%s__agent', tg_table_name);
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_reputation__agent_inserted
after insert on erc8004_reputation
referencing new table as new_rows
for each statement execute function erc8004_require_agents();

create or replace trigger tr__erc8004_reputation__agent_updated
after update of agent_uuid on erc8004_reputation
for each row when (old.agent_uuid <> new.agent_uuid)
execute function erc8004_require_agents();

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
