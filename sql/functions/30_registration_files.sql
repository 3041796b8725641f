-- What search reads in a registration file.

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

-- Return the words of a text, without stemming: agents have names in many languages.
create or replace function erc8004_words(content text) returns tsvector
language sql immutable parallel safe
return to_tsvector('pg_catalog.simple', erc8004_separate_words(content));

-- Return the query that a text matches if it has all words of the requested text, in any order.
create or replace function erc8004_words_query(content text) returns tsquery
language sql immutable parallel safe
return plainto_tsquery('pg_catalog.simple', erc8004_separate_words(content));

-- Return the words of an agent's name and description. PostgreSQL inlines each part into the
-- calling statement; it cannot inline concat_ws().
create or replace function erc8004_agent_words(registration_file jsonb) returns tsvector
language sql immutable parallel safe
return erc8004_words(
  coalesce(erc8004_file_text(registration_file, 'name'), '')
  || ' '
  || coalesce(erc8004_file_text(registration_file, 'description'), '')
);

-- Return whether a registration file declares x402 payments, under either spelling.
create or replace function erc8004_supports_x402(registration_file jsonb) returns boolean
language sql immutable parallel safe
return coalesce(
  registration_file @> '{"x402Support": true}' or registration_file @> '{"x402support": true}',
  false
);

-- Return the names of the services in a registration file, in lower case. Owners write "services"
-- or "endpoints", as a list of {name, ...}, a list of names, or an object name -> address. The
-- result is a table of one row, so that PostgreSQL inlines it into the statement that joins it.
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
    select pair ->> 'key'
    from jsonb_path_query(list.entries, 'strict $ ? (@.type() == "object").keyvalue()') as pair
  ) as named (name)
  where list.entries <> '[]'
    and length(named.name) between 1 and 64;
end;
