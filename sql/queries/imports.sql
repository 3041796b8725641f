-- name: list_registries
-- The chains that agents may be imported for, with the identity registry of each.
select c.name, c.identity_registry
from erc8004_chains as c
order by c.name
limit 10000;

-- name: create_staging
-- Where the lines of one file wait until the whole file has been read. Each is given the id
-- of a new agent here, while the reader of the file is what takes the time.
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
  source text,
  registration_file jsonb generated always as (source::jsonb -> 'registration_file') stored
) on commit drop;

-- name: copy_staging
-- The lines that are well formed; source is the whole line where it has a registration
-- file, so that numbers in it stay exactly as their owner wrote them.
copy agents_staging (
  line_number, chain, agent_id, registry_address, owner_address,
  token_uri, tx_hash, block_number, source
)
from stdin with (encoding 'utf8');

-- name: delete_too_large
-- Takes out lines whose registration file is larger than an agent's may be; a hundred at
-- a time, as each may be large.
delete from agents_staging as s
using (
  select line_number, octet_length(registration_file::text) as bytes
  from agents_staging
  where octet_length(registration_file::text) > 65536
  order by line_number
  limit 100
) as large
where s.line_number = large.line_number
returning s.line_number, s.source, large.bytes;

-- name: delete_told_again
-- Takes out the lines whose agent a later line tells again: of several the last one counts.
delete from agents_staging as s
using (
  select chain, registry_address, agent_id, max(line_number) as line_number
  from agents_staging
  group by chain, registry_address, agent_id
  having count(*) > 1
) as last
where s.chain = last.chain
  and s.registry_address = last.registry_address
  and s.agent_id = last.agent_id
  and s.line_number < last.line_number;

-- name: get_memory
-- Lets this transaction hash and sort in memory what it carries over, and enter the words of
-- new agents into their index by the ten thousand.
select
  set_config('work_mem', '32MB', true) as work_mem,
  set_config('gin_pending_list_limit', '32MB', true) as gin_pending_list_limit;

-- name: analyze_staging
-- Tells the planner how many lines wait.
analyze agents_staging (line_number, chain, registry_address, agent_id);

-- name: get_refresh_lock
-- Waits until no refresh of the statistics runs and keeps others away until the
-- transaction ends: both touch many rows of search, and would deadlock.
select pg_advisory_xact_lock(hashtext('refresh_erc8004_stats'));

-- name: upsert_agents
-- Carries over the staged lines that tell something new, and counts them; what a line does not
-- tell stays as it is.
with news as (
  select
    s.id,
    s.chain,
    s.registry_address,
    s.agent_id,
    s.owner_address,
    s.token_uri,
    s.registration_file,
    s.tx_hash,
    s.block_number
  from agents_staging as s
  left join erc8004_agents as a
    on a.chain = s.chain
    and a.registry_address = s.registry_address
    and a.agent_id = s.agent_id
  where a.id is null
    or a.owner_address <> s.owner_address
    or a.registration_file is distinct from s.registration_file
    or a.token_uri is distinct from coalesce(s.token_uri, a.token_uri)
    or a.tx_hash is distinct from coalesce(s.tx_hash, a.tx_hash)
    or a.block_number is distinct from coalesce(s.block_number, a.block_number)
),
changed as (
  insert into erc8004_agents as a (
    id, chain, registry_address, agent_id, owner_address,
    token_uri, registration_file, tx_hash, block_number
  )
  select
    id, chain, registry_address, agent_id, owner_address,
    token_uri, registration_file, tx_hash, block_number
  from news
  on conflict on constraint uq__erc8004_agents__chain_registry_agent do update
  set
    owner_address = excluded.owner_address,
    token_uri = coalesce(excluded.token_uri, a.token_uri),
    registration_file = excluded.registration_file,
    tx_hash = coalesce(excluded.tx_hash, a.tx_hash),
    block_number = coalesce(excluded.block_number, a.block_number),
    updated_at = now()
  returning (xmax = 0) as is_new
)
select
  count(*) filter (where is_new) as inserted,
  count(*) filter (where not is_new) as updated
from changed;

-- name: analyze_agents
-- Tells the planner of the many new rows.
analyze erc8004_agents, erc8004_agent_search;
