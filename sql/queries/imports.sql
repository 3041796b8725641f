-- name: create_staging
-- Create the table that holds the lines of one file until the whole file has been read. Each line
-- gets the id of a new agent here, while most of the time is spent on reading the file.
create temporary table agents_staging (
  line_number bigint not null,
  id uuid not null default erc8004_uuid(),
  chain text not null,
  agent_id numeric(78, 0) not null,
  registry_address text not null,
  owner_address text not null,
  token_uri text,
  tx_hash text,
  block_number bigint,
  log_index integer,
  source text,
  unstorable jsonb,
  registered_at timestamptz,
  metadata jsonb,
  registration_file jsonb generated always as (source::jsonb -> 'registration_file') stored
) on commit drop;

-- name: copy_staging
-- Copy the valid lines; source is the whole line if it has a registration file, so that its
-- numbers stay exactly as the owner wrote them.
copy agents_staging (
  line_number, chain, agent_id, registry_address, owner_address,
  token_uri, tx_hash, block_number, log_index, source, unstorable, registered_at, metadata
)
from stdin with (encoding 'utf8');

-- name: update_too_large
-- Leave out the registration files that are larger than the limit, and mark them: by the JSON as
-- the line writes it, unless the file was escaped and so has a mark already.
update agents_staging as s
set
  source = null,
  unstorable = coalesce(s.unstorable, '{}') || jsonb_build_object(
    'registration_file',
    coalesce(
      s.unstorable -> 'registration_file',
      jsonb_build_object(
        'reasons', jsonb_build_array(),
        'sha256', encode(sha256(original.content), 'hex'),
        'bytes', octet_length(original.content)
      )
    ) || jsonb_build_object(
      'reasons',
      coalesce(s.unstorable #> '{registration_file,reasons}', '[]') || '["too_large"]',
      'stored', 'nothing'
    )
  )
from (
  select
    line_number,
    convert_to((source::json -> 'registration_file')::text, 'utf8') as content
  from agents_staging
  where octet_length(registration_file::text) > 65536
) as original
where s.line_number = original.line_number;

-- name: delete_duplicates
-- Delete staged lines whose agent occurs again in the file, and count those that are older: of
-- several lines the newest is used, and of those of the same position the last one.
with newest as (
  select
    chain,
    registry_address,
    agent_id,
    max(erc8004_position(block_number, log_index) || line_number) as place
  from agents_staging
  group by chain, registry_address, agent_id
  having count(*) > 1
),
deleted as (
  delete from agents_staging as s
  using newest as n
  where s.chain = n.chain
    and s.registry_address = n.registry_address
    and s.agent_id = n.agent_id
    and erc8004_position(s.block_number, s.log_index) || s.line_number < n.place
  returning erc8004_position(s.block_number, s.log_index) < n.place[:2] as is_older
)
select count(*) filter (where is_older) as older
from deleted;

-- name: delete_older
-- Delete staged lines that are older than the stored data of their agent, and count them. Those about
-- agents of a chain stay, as only their files are used.
with deleted as (
  delete from agents_staging as s
  using erc8004_agents as a
  where a.chain = s.chain
    and a.registry_address = s.registry_address
    and a.agent_id = s.agent_id
    and a.source <> 'chain'
    and erc8004_position(s.block_number, s.log_index)
      < erc8004_position(a.block_number, a.log_index)
  returning s.line_number
)
select count(*) as older
from deleted;

-- name: get_memory
-- Set more memory for this transaction, for hashing and sorting the staged lines and for adding
-- the words of new agents to their index in batches of ten thousand; and a smaller sample of the staged
-- lines, which is enough to choose how to join them.
select
  set_config('default_statistics_target', '30', true) as default_statistics_target,
  set_config('work_mem', '32MB', true) as work_mem,
  set_config('gin_pending_list_limit', '32MB', true) as gin_pending_list_limit;

-- name: analyze_staging
-- Update the planner's statistics of the staged lines.
analyze agents_staging (chain, registry_address, agent_id, metadata);

-- name: get_refresh_lock
-- Wait until no refresh of the statistics runs, and lock refreshes out until the transaction ends:
-- both update many rows of the search, and would deadlock. So would the projection of a chain.
select
  pg_advisory_xact_lock(hashtext('refresh_erc8004_stats')),
  pg_advisory_xact_lock(hashtext('erc8004_agent_search'));

-- name: get_lock_timeout
-- Set how long each half of an import waits for a lock. A session that waits for one half while the
-- other waits for it would wait for ever: PostgreSQL does not see that the halves end together.
select set_config('lock_timeout', %(milliseconds)s::text, true) as lock_timeout;

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

-- name: list_agents
-- Return the agents of some lines, by uuid or by token.
select
  true as is_by_uuid,
  a.id::text as agent_uuid,
  a.chain,
  a.registry_address,
  a.agent_id::text as agent_id,
  a.owner_address
from unnest(%(uuids)s::uuid[]) as u (id)
join erc8004_agents as a on a.id = u.id
union all
select
  false,
  a.id::text,
  a.chain,
  a.registry_address,
  a.agent_id::text,
  a.owner_address
from unnest(%(chains)s::text[], %(registries)s::text[], %(agent_ids)s::numeric[])
  as t (chain, registry_address, agent_id)
join erc8004_agents as a
  on a.chain = t.chain
  and a.registry_address = t.registry_address
  and a.agent_id = t.agent_id
order by agent_uuid
limit 10000;

-- name: create_lines
-- Create the table that holds the lines of one file about agents until the whole file has been
-- read: what all kinds have, and what each kind has. The id is for a new row.
create temporary table lines_staging (
  line_number bigint not null,
  id uuid not null default erc8004_uuid(),
  agent_uuid uuid not null,
  chain text not null,
  tx_hash text,
  log_index integer,
  source_id text,
  created_at timestamptz,
  unstorable jsonb,

  client_address text,
  value numeric(39, 0),
  value_decimals smallint,
  score numeric(5, 2),
  tag1 text,
  tag2 text,
  endpoint text,
  file_uri text,
  file_hash text,
  revoked_at timestamptz,
  revocation_reason text,

  request_hash text,
  validation_registry text,
  validator_address text,
  request_uri text,
  expires_at timestamptz,
  response smallint,
  response_uri text,
  response_hash text,
  tag text,
  responded_at timestamptz,

  nonce text,
  payer_address text,
  payee_address text,
  amount_usdc numeric(20, 6),
  status text,
  failure_reason text,
  verified_at timestamptz,
  source text,

  metadata_key text,
  metadata_value bytea,
  updated_at timestamptz
) on commit drop;

-- name: analyze_lines
-- Update the planner's statistics of what staged lines are known by.
analyze lines_staging (line_number, agent_uuid, chain, tx_hash, log_index, source_id);
