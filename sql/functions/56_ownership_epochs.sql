-- Triggers that delete the epochs of ownership of agents that are deleted.

-- Delete the epochs of the agents that a statement deleted.
create or replace function erc8004_delete_ownership_epochs() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from erc8004_ownership_epochs;
  else
    delete from erc8004_ownership_epochs as e using old_rows as o where e.agent_uuid = o.id;
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__epochs_deleted
after delete on erc8004_agents
referencing old table as old_rows
for each statement execute function erc8004_delete_ownership_epochs();

create or replace trigger tr__erc8004_agents__epochs_truncated
after truncate on erc8004_agents
for each statement execute function erc8004_delete_ownership_epochs();
