-- Triggers that maintain one search row per agent, and delete what a former owner wrote. The last
-- statements write rows and words again where these functions have changed.

-- Return what search knows of a registration file; no row without a file. PostgreSQL inlines it;
-- offset 0 lets it look for a file before it looks into it, as most agents have none.
create or replace function erc8004_searched_file(registration_file jsonb)
returns table (
  services text[],
  x402 boolean,
  active boolean,
  words tsvector,
  skill_words text[],
  domain_words text[]
)
language sql immutable parallel safe
begin atomic
  select
    o.services,
    erc8004_supports_x402(given.file),
    erc8004_is_active(given.file),
    erc8004_agent_words(given.file),
    erc8004_skill_words(nullif(k.skills, '{}')),
    erc8004_skill_words(nullif(k.domains, '{}'))
  from (select registration_file as file where registration_file is not null offset 0) as given
  cross join lateral erc8004_service_names(given.file) as o
  cross join lateral erc8004_skills(given.file) as k;
end;

-- Insert or update the search rows of the agents that a statement wrote, and insert the words of
-- their names that are new.
create or replace function erc8004_write_search_rows() returns trigger
language plpgsql
as $$
declare
  new_words text[];
begin
  if tg_op = 'INSERT' then
    with inserted as (
      insert into erc8004_agent_search (
        agent_uuid, agent_id, chain, owner_address, status, claimed,
        registered_at, last_activity_at, services, x402, words, registry_address,
        active, skill_words, domain_words, is_testnet
      )
      select
        a.id,
        a.agent_id,
        a.chain,
        a.owner_address,
        a.status,
        a.claimed,
        a.created_at,
        a.last_activity_at,
        coalesce(f.services, '{}'),
        coalesce(f.x402, false),
        coalesce(f.words, ''),
        a.registry_address,
        coalesce(f.active, true),
        coalesce(f.skill_words, '{}'),
        coalesce(f.domain_words, '{}'),
        c.is_testnet
      from new_rows as a
      join erc8004_chains as c on c.name = a.chain
      left join lateral erc8004_searched_file(a.registration_file) as f on true
      returning words
    )
    select array_agg(distinct substr(n.word, 2))
    into new_words
    from inserted as i
    cross join lateral unnest(tsvector_to_array(i.words)) as n (word)
    where erc8004_is_correctable(n.word);
  else
    with updated as (
      update erc8004_agent_search as s
      set
        agent_id = a.agent_id,
        chain = a.chain,
        owner_address = a.owner_address,
        status = a.status,
        claimed = a.claimed,
        registered_at = a.created_at,
        last_activity_at = greatest(s.last_activity_at, a.last_activity_at),
        services = coalesce(f.services, '{}'),
        x402 = coalesce(f.x402, false),
        words = coalesce(f.words, ''),
        registry_address = a.registry_address,
        active = coalesce(f.active, true),
        skill_words = coalesce(f.skill_words, '{}'),
        domain_words = coalesce(f.domain_words, '{}'),
        is_testnet = c.is_testnet
      from new_rows as a
      join erc8004_chains as c on c.name = a.chain
      left join lateral erc8004_searched_file(a.registration_file) as f on true
      where s.agent_uuid = a.id
      returning s.words
    )
    select array_agg(distinct substr(n.word, 2))
    into new_words
    from updated as u
    cross join lateral unnest(tsvector_to_array(u.words)) as n (word)
    where erc8004_is_correctable(n.word);
  end if;
  perform erc8004_insert_name_words(new_words);
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__inserted
after insert on erc8004_agents
referencing new table as new_rows
for each statement execute function erc8004_write_search_rows();

create or replace trigger tr__erc8004_agents__updated
after update on erc8004_agents
referencing new table as new_rows
for each statement execute function erc8004_write_search_rows();

-- Say in the search rows of a chain that it is a testnet, or no longer. Writers of agents end first, as
-- their rows have what the chain was before.
create or replace function erc8004_write_testnets() returns trigger
language plpgsql
as $$
begin
  lock table erc8004_agents in share row exclusive mode;
  update erc8004_agent_search as s
  set is_testnet = new.is_testnet
  where s.chain = new.name
    and s.is_testnet <> new.is_testnet;
  return null;
end;
$$;

create or replace trigger tr__erc8004_chains__testnet_changed
after update of is_testnet on erc8004_chains
for each row when (old.is_testnet <> new.is_testnet)
execute function erc8004_write_testnets();

-- Delete the search rows of the agents that a statement deleted.
create or replace function erc8004_delete_search_rows() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from erc8004_agent_search;
  else
    delete from erc8004_agent_search as s using old_rows as o where s.agent_uuid = o.id;
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__deleted
after delete on erc8004_agents
referencing old table as old_rows
for each statement execute function erc8004_delete_search_rows();

create or replace trigger tr__erc8004_agents__truncated
after truncate on erc8004_agents
for each statement execute function erc8004_delete_search_rows();

-- Delete the metadata of the former owner when an agent gets a new one. If the agent was only
-- claimed, also delete the validations that the claimant requested, and revoke the feedback that
-- the new owner gave before: it is now feedback to their own agent. What a registry accepted stays, as
-- it refuses owners; and on a chain, a transfer leaves the metadata as it is. The statement that changes the owner also sets status, file and URI.
create or replace function erc8004_clear_former_owner() returns trigger
language plpgsql
as $$
begin
  delete from erc8004_agent_metadata as m where m.agent_uuid = new.id;
  if old.claimed then
    delete from erc8004_validations as v where v.agent_uuid = new.id;
    update erc8004_reputation as r
    set
      is_revoked = true,
      revoked_at = now(),
      revocation_reason = 'The client is the owner of the agent, as its registry says.'
    where r.agent_uuid = new.id
      and r.client_address = new.owner_address
      and r.log_index is null
      and not r.is_revoked;
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_agents__owner_changed
after update of owner_address on erc8004_agents
for each row when (old.owner_address <> new.owner_address and old.source <> 'chain')
execute function erc8004_clear_former_owner();

-- Update the search rows that other versions of these functions wrote, and insert the words of names
-- that are new.
update erc8004_agent_search as s
set
  services = f.services,
  x402 = f.x402,
  active = f.active,
  words = f.words,
  skill_words = f.skill_words,
  domain_words = f.domain_words,
  is_testnet = c.is_testnet
from erc8004_agents as a
join erc8004_chains as c on c.name = a.chain
cross join lateral (
  select
    coalesce(r.services, '{}') as services,
    coalesce(r.x402, false) as x402,
    coalesce(r.active, true) as active,
    coalesce(r.words, '') as words,
    coalesce(r.skill_words, '{}') as skill_words,
    coalesce(r.domain_words, '{}') as domain_words
  from (values (a.registration_file)) as v (registration_file)
  left join lateral erc8004_searched_file(v.registration_file) as r on true
  offset 0
) as f
where s.agent_uuid = a.id
  and (
    s.services, s.x402, s.active, s.words, s.skill_words, s.domain_words, s.is_testnet
  ) is distinct from (
    f.services, f.x402, f.active, f.words, f.skill_words, f.domain_words, c.is_testnet
  );

select erc8004_insert_name_words(array(
  select distinct substr(n.word, 2)
  from erc8004_agent_search as s
  cross join lateral unnest(tsvector_to_array(s.words)) as n (word)
  where erc8004_is_correctable(n.word)
));
