-- Triggers that queue the files to fetch, and what a file proves.

-- Return whether an agent's URI is that of its registry: only then its file is fetched. A client may
-- write any URI for an agent that it only claims, or that is not on chain.
create or replace function erc8004_has_registry_uri(
  token_uri text, claimed boolean, agent_id numeric
) returns boolean
language sql immutable parallel safe
return token_uri is not null
  and not claimed
  and agent_id < 115792089237316195423570985008687907853269984665640564039457584007913129639936;

-- Return whether a file verifies its agent: true if it names the agent and is known to be the one
-- that the URI names, null if a gateway might have invented it, false if it does not name the agent.
create or replace function erc8004_is_verified(reference text, is_checked boolean) returns boolean
language sql immutable parallel safe
return case
  when reference = 'verified' then nullif(is_checked, false)
  when reference is not null then false
end;

-- Queue the files of new agents that come without one. What a client or an import posts is kept.
create or replace function erc8004_queue_files() returns trigger
language plpgsql
as $$
begin
  insert into erc8004_file_fetches (agent_uuid, kind)
  select a.id, 'registration'
  from new_rows as a
  where a.registration_file is null
    and erc8004_has_registry_uri(a.token_uri, a.claimed, a.agent_id);
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__files_queued
after insert on erc8004_agents
referencing new table as new_rows
for each statement execute function erc8004_queue_files();

-- Queue the files of agents whose URI changed, became that of the registry, or lost its file; unless the
-- same statement posts a file. The proofs of the former URI become void at once. A posted file ends the
-- fetches of its agent. The transaction that stores a fetched file wrote its row before.
create or replace function erc8004_requeue_files() returns trigger
language plpgsql
as $$
begin
  with changed as materialized (
    select
      n.id,
      erc8004_has_registry_uri(n.token_uri, n.claimed, n.agent_id) as has_uri,
      n.token_uri is distinct from o.token_uri as is_new_uri,
      n.registration_file is not null
        and n.registration_file is distinct from o.registration_file as is_posted
    from new_rows as n
    join old_rows as o on o.id = n.id
    where n.token_uri is distinct from o.token_uri
      or n.registration_file is distinct from o.registration_file
      or n.claimed <> o.claimed
  ),
  ended as (
    delete from erc8004_file_fetches as f
    using changed as c
    where f.agent_uuid = c.id
      and f.xmin <> pg_current_xact_id()::xid
      and (c.is_posted or not c.has_uri or (c.is_new_uri and f.kind = 'domain'))
    returning f.agent_uuid
  ),
  queued as (
    insert into erc8004_file_fetches as f (agent_uuid, kind)
    select c.id, 'registration'
    from changed as c
    where c.has_uri
      and not c.is_posted
    on conflict on constraint pk__erc8004_file_fetches do update
    set
      status = 'pending',
      reason = null,
      failures = 0,
      lease = f.lease + 1,
      due_at = now(),
      sha256 = null,
      is_checked = null,
      reference = null,
      resolved_at = null
    where f.xmin <> pg_current_xact_id()::xid
    returning f.agent_uuid
  )
  update erc8004_agent_search as s
  set verified = false
  where s.verified
    and (
      s.agent_uuid in (select e.agent_uuid from ended as e)
      or s.agent_uuid in (select q.agent_uuid from queued as q)
    );
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__files_requeued
after update on erc8004_agents
referencing old table as old_rows new table as new_rows
for each statement execute function erc8004_requeue_files();

-- Delete the fetches of the agents that a statement deleted.
create or replace function erc8004_delete_file_fetches() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from erc8004_file_fetches;
  else
    delete from erc8004_file_fetches as f using old_rows as o where f.agent_uuid = o.id;
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__fetches_deleted
after delete on erc8004_agents
referencing old table as old_rows
for each statement execute function erc8004_delete_file_fetches();

create or replace trigger tr__erc8004_agents__fetches_truncated
after truncate on erc8004_agents
for each statement execute function erc8004_delete_file_fetches();
