-- What search filters and sorts by, one narrow row an agent. A trigger carries over
-- what the agent says of itself, the refresh what others say of it.

-- The names of the services in a registration file, in lower case. Owners write
-- "services" or "endpoints", as a list of {name, ...}, a list of names, or name -> address.
create function erc8004_service_names(registration_file jsonb) returns text[]
language sql immutable strict parallel safe
begin atomic
  with given as (
    select entries
    from (values (registration_file -> 'services'), (registration_file -> 'endpoints'))
      as list (entries)
  ),
  named as (
    select entry #>> '{}' as name
    from given, jsonb_path_query(entries, 'lax $[*].name ? (@.type() == "string")') as entry
    union all
    select entry #>> '{}'
    from given, jsonb_path_query(entries, 'lax $[*] ? (@.type() == "string")') as entry
    union all
    select entry.key
    from given, jsonb_path_query(entries, 'strict $ ? (@.type() == "object").keyvalue()') as pair,
      jsonb_to_record(pair) as entry (key text)
  )
  select coalesce(array_agg(distinct lower(name)), '{}')
  from named
  where length(name) between 1 and 64;
end;

-- What joins words in names and addresses (dots, slashes, underscores) parts them here.
create function erc8004_parted(content text) returns text
language sql immutable parallel safe
return translate(content, './:_-@#', '       ');

-- The words of a text, without stemming, as agents are named in many languages.
create function erc8004_words(content text) returns tsvector
language sql immutable parallel safe
return to_tsvector('pg_catalog.simple', erc8004_parted(content));

-- What a text must hold to match: all words of the given one, in any order.
create function erc8004_words_query(content text) returns tsquery
language sql immutable parallel safe
return plainto_tsquery('pg_catalog.simple', erc8004_parted(content));

-- A member of a registration file where it is a text, else null.
create function erc8004_file_text(registration_file jsonb, member text) returns text
language sql immutable parallel safe
return case jsonb_typeof(registration_file -> member)
  when 'string' then registration_file ->> member
end;

create table erc8004_agent_search (
  agent_uuid uuid not null,
  agent_id numeric(78, 0) not null,
  chain text not null,
  owner_address text not null,
  status text not null,
  registered_at timestamptz not null,
  last_activity_at timestamptz not null,
  services text[] not null,
  x402 boolean not null,
  words tsvector not null,
  total_feedback bigint not null default 0,
  average_score numeric(5, 2),
  total_payments bigint not null default 0,
  success_rate numeric(5, 2),
  trust_level text not null default 'new',

  constraint pk__erc8004_agent_search primary key (agent_uuid),
  constraint fk__erc8004_agent_search__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

-- One index a sort, read forward or backward. An unknown score is last in both
-- directions, so scores are sorted by two expressions.
create index ix__erc8004_agent_search__registered
  on erc8004_agent_search (registered_at, agent_uuid);
create index ix__erc8004_agent_search__last_activity
  on erc8004_agent_search (last_activity_at, agent_uuid);
create index ix__erc8004_agent_search__total_feedback
  on erc8004_agent_search (total_feedback, agent_uuid);
create index ix__erc8004_agent_search__total_payments
  on erc8004_agent_search (total_payments, agent_uuid);
create index ix__erc8004_agent_search__best_score
  on erc8004_agent_search (coalesce(average_score, -1), agent_uuid);
create index ix__erc8004_agent_search__worst_score
  on erc8004_agent_search (coalesce(average_score, 101), agent_uuid);

-- One index a selective filter.
create index ix__erc8004_agent_search__owner
  on erc8004_agent_search (owner_address, registered_at, agent_uuid);
create index ix__erc8004_agent_search__chain
  on erc8004_agent_search (chain, registered_at, agent_uuid);
create index ix__erc8004_agent_search__agent_id
  on erc8004_agent_search (agent_id);
create index ix__erc8004_agent_search__inactive
  on erc8004_agent_search (status, registered_at, agent_uuid)
  where status <> 'active';
create index ix__erc8004_agent_search__trust_level
  on erc8004_agent_search (trust_level, registered_at, agent_uuid);
create index ix__erc8004_agent_search__success_rate
  on erc8004_agent_search (success_rate)
  where success_rate is not null;
create index ix__erc8004_agent_search__x402
  on erc8004_agent_search (registered_at, agent_uuid)
  where x402;
create index ix__erc8004_agent_search__services
  on erc8004_agent_search using gin (services);
create index ix__erc8004_agent_search__words
  on erc8004_agent_search using gin (words);

create function erc8004_carry_into_search() returns trigger
language plpgsql
as $$
begin
  insert into erc8004_agent_search as s (
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
    coalesce(erc8004_service_names(a.registration_file), '{}'),
    coalesce(
      a.registration_file @> '{"x402Support": true}'
        or a.registration_file @> '{"x402support": true}',
      false
    ),
    erc8004_words(concat_ws(
      ' ',
      erc8004_file_text(a.registration_file, 'name'),
      erc8004_file_text(a.registration_file, 'description')
    ))
  from changed as a
  on conflict (agent_uuid) do update
  set
    agent_id = excluded.agent_id,
    chain = excluded.chain,
    owner_address = excluded.owner_address,
    status = excluded.status,
    last_activity_at = greatest(s.last_activity_at, excluded.last_activity_at),
    services = excluded.services,
    x402 = excluded.x402,
    words = excluded.words;
  return null;
end;
$$;

create trigger tr__erc8004_agents__inserted
after insert on erc8004_agents
referencing new table as changed
for each statement execute function erc8004_carry_into_search();

create trigger tr__erc8004_agents__updated
after update on erc8004_agents
referencing new table as changed
for each statement execute function erc8004_carry_into_search();
