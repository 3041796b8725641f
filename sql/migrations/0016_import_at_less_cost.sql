-- What a new agent costs on its way into its table and into search.

-- As before: a UUID in the order of time (RFC 9562, version 7), so that indexes grow at their
-- end. Its 74 random bits are drawn from the session's generator, which PostgreSQL seeds from
-- the system: no id is a secret, and gen_random_uuid() may open a file for every one.
create or replace function erc8004_uuid() returns uuid
language sql volatile parallel safe
return encode(
  substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
  || set_byte(
    set_byte(
      substring(int8send(floor(random() * 1099511627776)::bigint) from 4),
      0, 112 + floor(random() * 16)::integer
    ),
    2, 128 + floor(random() * 64)::integer
  )
  || substring(int8send(floor(random() * 1099511627776)::bigint) from 4),
  'hex'
)::uuid;

-- As before, of parts that PostgreSQL takes into the statement that calls it; concat_ws() is
-- none of them, and made it start a statement of its own for every agent.
create or replace function erc8004_agent_words(registration_file jsonb) returns tsvector
language sql immutable parallel safe
return erc8004_words(
  coalesce(erc8004_file_text(registration_file, 'name'), '')
  || ' '
  || coalesce(erc8004_file_text(registration_file, 'description'), '')
);

drop function erc8004_agent_services(jsonb);
drop function erc8004_service_names(jsonb);

-- The names of the services in a registration file, in lower case. Owners write "services" or
-- "endpoints", as a list of {name, ...}, a list of names, or name -> address. A table of one
-- row, so that PostgreSQL takes it, too, into the statement that joins it.
create function erc8004_service_names(registration_file jsonb) returns table (services text[])
language sql immutable parallel safe
begin atomic
  select coalesce(array_agg(distinct lower(named.name)), '{}')
  from (values (registration_file -> 'services'), (registration_file -> 'endpoints'))
    as list (entries)
  cross join lateral (
    select entry #>> '{}'
    from jsonb_path_query(list.entries, 'lax $[*].name ? (@.type() == "string")') as entry
    union all
    select entry #>> '{}'
    from jsonb_path_query(list.entries, 'lax $[*] ? (@.type() == "string")') as entry
    union all
    select pair ->> 'key'
    from jsonb_path_query(list.entries, 'strict $ ? (@.type() == "object").keyvalue()') as pair
  ) as named (name)
  where list.entries <> '[]'
    and length(named.name) between 1 and 64;
end;

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
      o.services,
      erc8004_takes_x402(a.registration_file),
      erc8004_agent_words(a.registration_file)
    from changed as a
    cross join lateral erc8004_service_names(a.registration_file) as o;
  else
    update erc8004_agent_search as s
    set
      agent_id = a.agent_id,
      chain = a.chain,
      owner_address = a.owner_address,
      status = a.status,
      last_activity_at = greatest(s.last_activity_at, a.last_activity_at),
      services = o.services,
      x402 = erc8004_takes_x402(a.registration_file),
      words = erc8004_agent_words(a.registration_file)
    from changed as a
    cross join lateral erc8004_service_names(a.registration_file) as o
    where s.agent_uuid = a.id;
  end if;
  return null;
end;
$$;
