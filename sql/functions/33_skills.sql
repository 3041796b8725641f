-- The skills and domains that a registration file names.

-- Return whether an object, or one in a list, names skills, tools or domains.
create or replace function erc8004_names_skills(content jsonb) returns boolean
language sql immutable parallel safe
return content @? 'lax $.**{0 to 1} ? (
  exists (@.skills) || exists (@.a2aSkills) || exists (@.oasfSkills) || exists (@.oasf_skills)
  || exists (@.tools) || exists (@.mcpTools) || exists (@.mcp_tools)
  || exists (@.domains) || exists (@.oasfDomains) || exists (@.oasf_domains)
)';

-- Return the skills and tools, and the domains, that a registration file names: lists of names or of
-- {name, ...}, in the file itself or in its services, which are a list or an object. Names are of 1
-- to 128 characters, without white space around them. The result is a table of one row, so that
-- PostgreSQL inlines it into the statement that joins it; most files name none, and cost little.
create or replace function erc8004_skills(registration_file jsonb)
returns table (skills text[], domains text[])
language sql immutable parallel safe
begin atomic
  select
    coalesce(array_agg(distinct named.name) filter (where named.kind = 'skill'), '{}'),
    coalesce(array_agg(distinct named.name) filter (where named.kind = 'domain'), '{}')
  from (
    select case when listed.field ilike '%domains' then 'domain' else 'skill' end,
      btrim(
        case jsonb_typeof(item.content)
          when 'object' then coalesce(item.content ->> 'name', item.content ->> 'id')
          else item.content #>> '{}'
        end,
        E' \t\r\n'
      )
    from (
      select registration_file as entry
      union all
      select element.entry
      from (values (registration_file -> 'services'), (registration_file -> 'endpoints'))
        as list (entries)
      cross join lateral jsonb_array_elements(
        case jsonb_typeof(list.entries) when 'array' then list.entries end
      ) as element (entry)
      union all
      select pair.entry
      from (values (registration_file -> 'services'), (registration_file -> 'endpoints'))
        as list (entries)
      cross join lateral jsonb_each(
        case jsonb_typeof(list.entries) when 'object' then list.entries end
      ) as pair (name, entry)
    ) as place
    cross join lateral jsonb_each(
      case jsonb_typeof(place.entry) when 'object' then place.entry end
    ) as listed (field, items)
    cross join lateral jsonb_path_query(listed.items, 'lax $[*]') as item (content)
    where listed.field in (
      'skills', 'a2aSkills', 'oasfSkills', 'oasf_skills', 'tools', 'mcpTools', 'mcp_tools',
      'domains', 'oasfDomains', 'oasf_domains'
    )
      and (
        registration_file ?| array[
          'skills', 'a2aSkills', 'oasfSkills', 'oasf_skills', 'tools', 'mcpTools', 'mcp_tools',
          'domains', 'oasfDomains', 'oasf_domains'
        ]
        or erc8004_names_skills(registration_file -> 'services')
        or erc8004_names_skills(registration_file -> 'endpoints')
      )
  ) as named (kind, name)
  where length(named.name) between 1 and 128;
end;

-- Return the word under which search finds a skill or domain: in lower case, with _ between words.
create or replace function erc8004_skill_word(name text) returns text
language sql immutable parallel safe
return translate(lower(name), ' -', '__');

-- Return the words under which search finds skills or domains: each name, and each part of a name that is a
-- path; the first 256 in alphabetical order. For the many agents without skills, PostgreSQL does not call
-- it: pass null instead of an empty list.
create or replace function erc8004_skill_words(names text[]) returns text[]
language sql immutable strict parallel safe
begin atomic
  select (array_agg(distinct part.word))[:256]
  from unnest(names) as listed (name)
  cross join lateral (
    select erc8004_skill_word(listed.name) as word
    union all
    select string_to_table(erc8004_skill_word(listed.name), '/')
  ) as part
  where part.word <> '';
end;
