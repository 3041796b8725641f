-- The lines of a file of agents until the whole file has been read.

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

-- name: analyze_staging
-- Update the planner's statistics of the staged lines.
analyze agents_staging (chain, registry_address, agent_id, metadata);
