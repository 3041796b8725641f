-- part: key
-- What a line is known by: its position on the chain, else its own id.
case
    when s.log_index is null then array[s.source_id]
    else array[s.chain, s.tx_hash, s.log_index::text]
  end

-- name: copy_lines
-- Copy the valid lines of feedback.
copy lines_staging (
  line_number, agent_uuid, chain, tx_hash, log_index, source_id,
  client_address, value, value_decimals, score, tag1, tag2,
  endpoint, file_uri, file_hash, created_at, revoked_at, revocation_reason, unstorable
)
from stdin with (encoding 'utf8');

-- name: delete_repeated
-- Delete staged lines of feedback that occurs again in the file, of which the last is used; none
-- counts as older.
with last as (
  select {key} as key, max(s.line_number) as line_number
  from lines_staging as s
  group by 1
  having count(*) > 1
),
deleted as (
  delete from lines_staging as s
  using last as l
  where l.key = {key}
    and s.line_number < l.line_number
)
select 0 as older;

-- name: update_log_index
-- Give feedback that came without a position on the chain, such as over HTTP, that of the line of
-- the same transaction, agent and client; of several, in the order in which they were given.
with known as (
  select r.chain, r.tx_hash, r.log_index
  from lines_staging as s
  join erc8004_reputation as r
    on r.chain = s.chain
    and r.tx_hash = s.tx_hash
    and r.log_index = s.log_index
),
pairs as (
  select
    r.id,
    s.log_index,
    dense_rank() over (
      partition by r.chain, r.tx_hash, r.agent_uuid, r.client_address order by r.created_at, r.id
    ) as stored_place,
    dense_rank() over (
      partition by r.chain, r.tx_hash, r.agent_uuid, r.client_address order by s.log_index
    ) as line_place
  from lines_staging as s
  join erc8004_reputation as r
    on r.chain = s.chain
    and r.tx_hash = s.tx_hash
    and r.agent_uuid = s.agent_uuid
    and r.client_address = s.client_address
  where r.tx_hash is not null
    and r.log_index is null
    and s.log_index is not null
    and not exists (
      select
      from known as k
      where k.chain = s.chain
        and k.tx_hash = s.tx_hash
        and k.log_index = s.log_index
    )
)
update erc8004_reputation as r
set
  log_index = p.log_index,
  source = 'import'
from pairs as p
where r.id = p.id
  and p.stored_place = p.line_place;

-- name: update_stored
-- Update the stored feedback of which a line says something else, and take all lines about stored
-- feedback off the stage; that of a chain stays as it is. What is revoked stays so, and times and the
-- transaction stay where the line leaves them out.
with stored as (
  select s.line_number, r.id
  from lines_staging as s
  join erc8004_reputation as r
    on r.chain = s.chain
    and r.tx_hash = s.tx_hash
    and r.log_index = s.log_index
  union all
  select s.line_number, r.id
  from lines_staging as s
  join erc8004_reputation as r on r.source_id = s.source_id
),
known as (
  delete from lines_staging as s
  using stored as t
  where s.line_number = t.line_number
  returning
    t.id, s.agent_uuid, s.client_address, s.value, s.value_decimals, s.score, s.tag1, s.tag2,
    s.endpoint, s.file_uri, s.file_hash, s.chain, s.tx_hash,
    s.created_at, s.revoked_at, s.revocation_reason, s.unstorable
),
updated as (
  update erc8004_reputation as r
  set
    agent_uuid = n.agent_uuid,
    client_address = n.client_address,
    value = n.value,
    value_decimals = n.value_decimals,
    score = coalesce(n.score, erc8004_score(n.value, n.value_decimals, n.tag1)),
    tag1 = n.tag1,
    tag2 = n.tag2,
    endpoint = n.endpoint,
    file_uri = n.file_uri,
    file_hash = n.file_hash,
    chain = n.chain,
    tx_hash = coalesce(n.tx_hash, r.tx_hash),
    created_at = coalesce(n.created_at, r.created_at),
    is_revoked = r.is_revoked or n.revoked_at is not null,
    revoked_at = coalesce(n.revoked_at, r.revoked_at),
    revocation_reason = coalesce(n.revocation_reason, r.revocation_reason),
    unstorable = n.unstorable,
    source = 'import'
  from known as n
  where r.id = n.id
    and r.source <> 'chain'
    and (
      r.agent_uuid, r.client_address, r.value, r.value_decimals, r.score, r.tag1, r.tag2,
      r.endpoint, r.file_uri, r.file_hash, r.chain, r.tx_hash,
      r.created_at, r.revoked_at, r.revocation_reason, r.unstorable
    ) is distinct from (
      n.agent_uuid, n.client_address, n.value, n.value_decimals, coalesce(n.score, r.score),
      n.tag1, n.tag2, n.endpoint, n.file_uri, n.file_hash, n.chain,
      coalesce(n.tx_hash, r.tx_hash), coalesce(n.created_at, r.created_at),
      coalesce(n.revoked_at, r.revoked_at), coalesce(n.revocation_reason, r.revocation_reason),
      n.unstorable
    )
  returning r.id
)
select count(*) as updated
from updated;

-- name: insert_new
-- Insert the feedback that is not stored yet, in the order of the agents, which fills the indexes
-- from one side and stores together what is read together.
insert into erc8004_reputation (
  id, agent_uuid, client_address, value, value_decimals, score, tag1, tag2,
  endpoint, file_uri, file_hash, chain, tx_hash, log_index, source_id,
  created_at, is_revoked, revoked_at, revocation_reason, unstorable, source
)
select
  s.id, s.agent_uuid, s.client_address, s.value, s.value_decimals,
  coalesce(s.score, erc8004_score_on(s.value, s.value_decimals, scale.low, scale.high)),
  s.tag1, s.tag2, s.endpoint, s.file_uri, s.file_hash, s.chain, s.tx_hash, s.log_index,
  s.source_id, coalesce(s.created_at, now()), s.revoked_at is not null, s.revoked_at,
  s.revocation_reason, s.unstorable, 'import'
from lines_staging as s
left join erc8004_tag_scales as scale on scale.tag = coalesce(s.tag1, '')
order by s.agent_uuid, s.created_at;

-- name: analyze_feedback
-- Update the planner's statistics after many new rows.
analyze erc8004_reputation;
