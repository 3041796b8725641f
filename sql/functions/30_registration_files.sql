-- The functions that read a registration file for the search.

-- Return a field of a registration file if it is a text, else null.
create or replace function erc8004_file_text(registration_file jsonb, member text) returns text
language sql immutable parallel safe
return case jsonb_typeof(registration_file -> member)
  when 'string' then registration_file ->> member
end;

-- Replace the characters that join words in names and URLs by spaces. Nested replace() takes a
-- tenth of the time of translate(), which handles each character separately.
create or replace function erc8004_separate_words(content text) returns text
language sql immutable parallel safe
return replace(replace(replace(replace(replace(replace(replace(
  content, '.', ' '), '/', ' '), ':', ' '), '_', ' '), '-', ' '), '@', ' '), '#', ' ');

-- Return the truth of a value as people write it: true, "True", "yes", 1; null if it is neither true
-- nor false.
create or replace function erc8004_flag(content jsonb) returns boolean
language sql immutable parallel safe
return case
  when lower(btrim(content #>> '{}')) in ('true', 'yes', 'y', 'on', '1') then true
  when lower(btrim(content #>> '{}')) in ('false', 'no', 'n', 'off', '0') then false
end;

-- Return whether a registration file declares x402 payments: in a field x402Support in one of its
-- spellings, or in a field x402, which may also hold the details of the payments.
create or replace function erc8004_supports_x402(registration_file jsonb) returns boolean
language sql immutable parallel safe
return coalesce(
  erc8004_flag(registration_file -> 'x402Support')
    or erc8004_flag(registration_file -> 'x402support'),
  erc8004_flag(registration_file -> 'x402Support'),
  erc8004_flag(registration_file -> 'x402support'),
  erc8004_flag(registration_file -> 'x402_support'),
  erc8004_flag(registration_file -> 'x402'),
  erc8004_flag(registration_file #> '{x402,enabled}'),
  registration_file @> '{"x402": {}}' and registration_file -> 'x402' <> '{}',
  false
);

-- Return whether an agent is active by its registration file: true unless the file says otherwise.
create or replace function erc8004_is_active(registration_file jsonb) returns boolean
language sql immutable parallel safe
return coalesce(
  erc8004_flag(registration_file -> 'active'),
  erc8004_flag(registration_file -> 'isActive'),
  erc8004_flag(registration_file -> 'is_active'),
  true
);

-- Return the names of the services in a registration file, in lower case. Owners write "services" or
-- "endpoints", as a list of {name, ...}, a list of names, or an object that maps names to addresses. A
-- service without a name is named by its type, protocol or id. The result is a table of one row, so that
-- PostgreSQL inlines it into the statement that joins it.
create or replace function erc8004_service_names(registration_file jsonb)
returns table (services text[])
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
    select coalesce(
      erc8004_file_text(entry, 'type'),
      erc8004_file_text(entry, 'protocol'),
      erc8004_file_text(entry, 'id')
    )
    from jsonb_path_query(list.entries, 'lax $[*] ? (!exists (@.name))') as entry
    union all
    select pair ->> 'key'
    from jsonb_path_query(list.entries, 'strict $ ? (@.type() == "object").keyvalue()') as pair
  ) as named (name)
  where list.entries <> '[]'
    and length(named.name) between 1 and 64;
end;
