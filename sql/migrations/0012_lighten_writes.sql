-- What a write of an agent or of a feedback is checked for and carried into, at less cost.

-- The same addresses and hashes are taken as before. PostgreSQL builds an automaton for each
-- check: a counted repetition makes one of 42 or 66 states, which took longer than the rest of
-- the row; the length checked apart leaves three.
alter table erc8004_agents
  drop constraint ck__erc8004_agents__registry_address,
  drop constraint ck__erc8004_agents__owner_address,
  drop constraint ck__erc8004_agents__tx_hash,
  add constraint ck__erc8004_agents__registry_address
    check (octet_length(registry_address) = 42 and registry_address ~ '^0x[0-9a-f]*$'),
  add constraint ck__erc8004_agents__owner_address
    check (octet_length(owner_address) = 42 and owner_address ~ '^0x[0-9a-f]*$'),
  add constraint ck__erc8004_agents__tx_hash
    check (octet_length(tx_hash) = 66 and tx_hash ~ '^0x[0-9a-f]*$');

alter table erc8004_reputation
  drop constraint ck__erc8004_reputation__client_address,
  add constraint ck__erc8004_reputation__client_address
    check (octet_length(client_address) = 42 and client_address ~ '^0x[0-9a-f]*$');

alter table erc8004_agent_payments
  drop constraint ck__erc8004_agent_payments__tx_hash,
  add constraint ck__erc8004_agent_payments__tx_hash
    check (octet_length(tx_hash) = 66 and tx_hash ~ '^0x[0-9a-f]*$');

-- Search rows come from triggers on the agents alone, and go by them too: a foreign key
-- would look up each agent once more that the trigger has just seen.
alter table erc8004_agent_search drop constraint fk__erc8004_agent_search__agent;

create function erc8004_drop_from_search() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from erc8004_agent_search;
  else
    delete from erc8004_agent_search as s using gone where s.agent_uuid = gone.id;
  end if;
  return null;
end;
$$;

create trigger tr__erc8004_agents__deleted
after delete on erc8004_agents
referencing old table as gone
for each statement execute function erc8004_drop_from_search();

create trigger tr__erc8004_agents__truncated
after truncate on erc8004_agents
for each statement execute function erc8004_drop_from_search();

-- As before; translate() takes ten times as long, as it steps through every character.
create or replace function erc8004_parted(content text) returns text
language sql immutable parallel safe
return replace(replace(replace(replace(replace(replace(replace(
  content, '.', ' '), '/', ' '), ':', ' '), '_', ' '), '-', ' '), '@', ' '), '#', ' ');

-- The names of the services of an agent, with or without a file; most files list none, and
-- need no search through all the shapes that such a list may have.
create function erc8004_agent_services(registration_file jsonb) returns text[]
language sql immutable parallel safe
return case
  when registration_file -> 'services' <> '[]' or registration_file -> 'endpoints' <> '[]'
  then erc8004_service_names(registration_file)
  else '{}'
end;

-- Whether a registration file says that its agent takes x402 payments; under either name.
create function erc8004_takes_x402(registration_file jsonb) returns boolean
language sql immutable parallel safe
return coalesce(
  registration_file @> '{"x402Support": true}' or registration_file @> '{"x402support": true}',
  false
);

-- The words by which an agent is found: those of its name and its description.
create function erc8004_agent_words(registration_file jsonb) returns tsvector
language sql immutable parallel safe
return erc8004_words(concat_ws(
  ' ',
  erc8004_file_text(registration_file, 'name'),
  erc8004_file_text(registration_file, 'description')
));

-- A new agent has no row in search yet, so that nothing need be looked for; of one that
-- changed, only what it says of itself is carried over.
create or replace function erc8004_carry_into_search() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    insert into erc8004_agent_search (
      agent_uuid, agent_id, chain, owner_address, status,
      registered_at, last_activity_at, services, x402, words
    )
    select
      a.id,
      a.agent_id,
      a.chain,
      a.owner_address,
      a.status,
      a.created_at,
      a.last_activity_at,
      erc8004_agent_services(a.registration_file),
      erc8004_takes_x402(a.registration_file),
      erc8004_agent_words(a.registration_file)
    from changed as a;
  else
    update erc8004_agent_search as s
    set
      agent_id = a.agent_id,
      chain = a.chain,
      owner_address = a.owner_address,
      status = a.status,
      last_activity_at = greatest(s.last_activity_at, a.last_activity_at),
      services = erc8004_agent_services(a.registration_file),
      x402 = erc8004_takes_x402(a.registration_file),
      words = erc8004_agent_words(a.registration_file)
    from changed as a
    where s.agent_uuid = a.id;
  end if;
  return null;
end;
$$;
