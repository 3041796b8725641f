-- Moving the lines of a file of agents, which are staged, to the tables of agents.

-- name: upsert_agents
-- Insert or update the agents of the staged lines that contain something new, and count them. An
-- agent is no longer claimed after that. Fields that a line omits stay as they are, unless another
-- owner set them; the transaction belongs to the position of the line. A line without
-- a file leaves one that was fetched.
with news as (
  select
    s.id,
    s.chain,
    s.registry_address,
    s.agent_id,
    s.owner_address,
    s.token_uri,
    said.registration_file,
    s.tx_hash,
    s.block_number,
    s.log_index,
    said.unstorable,
    s.registered_at
  from agents_staging as s
  left join erc8004_agents as a
    on a.chain = s.chain
    and a.registry_address = s.registry_address
    and a.agent_id = s.agent_id
  left join erc8004_file_fetches as f
    on f.agent_uuid = a.id
    and f.kind = 'registration'
    and a.owner_address = s.owner_address
    and s.registration_file is null
    and (s.unstorable ? 'registration_file') is not true
  cross join lateral (
    select
      case when f.agent_uuid is null then s.registration_file else a.registration_file end
        as registration_file,
      case
        when f.agent_uuid is not null and a.unstorable ? 'registration_file' then
          coalesce(s.unstorable, '{}')
          || jsonb_build_object('registration_file', a.unstorable -> 'registration_file')
        else s.unstorable
      end as unstorable
  ) as said
  where a.source is distinct from 'chain'
    and (
      a.id is null
      or a.source = 'api'
      or a.owner_address <> s.owner_address
      or a.registration_file is distinct from said.registration_file
      or a.token_uri is distinct from case
        when s.unstorable ? 'token_uri' then s.token_uri
        else coalesce(s.token_uri, a.token_uri)
      end
      or a.tx_hash is distinct from coalesce(s.tx_hash, a.tx_hash)
      or a.block_number is distinct from s.block_number
      or a.log_index is distinct from s.log_index
      or a.created_at <> s.registered_at
      or a.unstorable is distinct from erc8004_unstorable_after(
        a.unstorable, a.owner_address = s.owner_address, s.token_uri, said.unstorable
      )
    )
),
changed as (
  insert into erc8004_agents as a (
    id, chain, registry_address, agent_id, owner_address,
    token_uri, registration_file, tx_hash, block_number, log_index, unstorable,
    created_at, last_activity_at, source
  )
  select
    id, chain, registry_address, agent_id, owner_address,
    token_uri, registration_file, tx_hash, block_number, log_index, unstorable,
    coalesce(registered_at, now()), coalesce(registered_at, now()), 'import'
  from news
  on conflict on constraint uq__erc8004_agents__chain_registry_agent do update
  set
    owner_address = excluded.owner_address,
    claimed = false,
    status = case when a.owner_address = excluded.owner_address then a.status else 'active' end,
    token_uri = coalesce(
      excluded.token_uri,
      case
        when a.owner_address = excluded.owner_address
          and not coalesce(excluded.unstorable ? 'token_uri', false)
        then a.token_uri
      end
    ),
    registration_file = excluded.registration_file,
    tx_hash = coalesce(
      excluded.tx_hash,
      case
        when erc8004_position(a.block_number, a.log_index)
          = erc8004_position(excluded.block_number, excluded.log_index)
        then a.tx_hash
      end
    ),
    block_number = excluded.block_number,
    log_index = excluded.log_index,
    -- A line without a time has that of this transaction.
    created_at = case when excluded.created_at = now() then a.created_at else excluded.created_at end,
    unstorable = erc8004_unstorable_after(
      a.unstorable,
      a.owner_address = excluded.owner_address,
      excluded.token_uri,
      excluded.unstorable
    ),
    source = 'import',
    updated_at = now()
  where a.source <> 'chain'
    and erc8004_position(a.block_number, a.log_index)
      <= erc8004_position(excluded.block_number, excluded.log_index)
  returning (xmax = 0) as is_new
)
select
  count(*) filter (where is_new) as inserted,
  count(*) filter (where not is_new) as updated
from changed;

-- name: get_followed
-- Return whether any chain is followed.
select exists (select from erc8004_chain_cursors) as is_followed;

-- name: update_files
-- Update the registration files of agents that were read from a chain, where a line has another one
-- for the same URI, and count them: everything else of them is the chain's. One that was fetched from
-- the URI itself stays.
with changed as (
  update erc8004_agents as a
  set
    registration_file = s.registration_file,
    unstorable = nullif(
      coalesce(a.unstorable - 'registration_file', '{}')
        || coalesce(s.unstorable - 'token_uri', '{}'),
      '{}'
    ),
    updated_at = now()
  from agents_staging as s
  where a.chain = s.chain
    and a.registry_address = s.registry_address
    and a.agent_id = s.agent_id
    and a.source = 'chain'
    and s.registration_file is not null
    and (s.token_uri is null or s.token_uri = a.token_uri)
    and not exists (
      select
      from erc8004_file_fetches as f
      where f.agent_uuid = a.id
        and f.kind = 'registration'
        and f.status = 'resolved'
    )
    and a.registration_file::text is distinct from s.registration_file::text
  returning a.id
)
select count(*) as updated
from changed;

-- name: upsert_metadata
-- Insert or update the metadata of the staged lines where it is new, and count the agents that have
-- not been counted as changed by this transaction. Entries that a line omits stay.
with entries as (
  select a.id as agent_uuid, a.updated_at, e.key, decode(e.value, 'hex') as value
  from agents_staging as s
  join erc8004_agents as a
    on a.chain = s.chain
    and a.registry_address = s.registry_address
    and a.agent_id = s.agent_id
  cross join lateral jsonb_each_text(s.metadata) as e (key, value)
  where s.metadata is not null
    and a.source <> 'chain'
),
news as (
  select n.agent_uuid, n.updated_at, n.key, n.value
  from entries as n
  left join erc8004_agent_metadata as m
    on m.agent_uuid = n.agent_uuid
    and m.key = n.key
  where m.value is distinct from n.value
  order by n.agent_uuid, n.key
),
changed as (
  insert into erc8004_agent_metadata (agent_uuid, key, value)
  select agent_uuid, key, value
  from news
  on conflict on constraint pk__erc8004_agent_metadata do update
  set
    value = excluded.value,
    updated_at = excluded.updated_at,
    unstorable = null
  returning agent_uuid
)
select count(distinct c.agent_uuid) as updated
from changed as c
join news as n on n.agent_uuid = c.agent_uuid
where n.updated_at < now();

-- name: analyze_agents
-- Update the planner's statistics after many new rows.
analyze erc8004_agents;

-- name: analyze_search
-- Update the planner's statistics of the search.
analyze erc8004_agent_search;

-- name: delete_repeated_words
-- Delete the words of names that both halves of an import inserted, as neither saw those of the other.
delete from erc8004_name_words as n
using (
  select w.word, min(w.id) as id
  from erc8004_name_words as w
  group by w.word
  having count(*) > 1
) as kept
where n.word = kept.word
  and n.id > kept.id;
