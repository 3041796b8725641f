-- name: update_confirmed
-- Give feedback of imports and clients the index of the same feedback on the chain, whose row it
-- becomes: by transaction and position, else by transaction, agent and client, of several in the
-- order in which they were given.
with given as materialized (
  select n.agent_uuid, n.client_address, n.feedback_index, n.tx_hash, n.block_number, n.log_index
  from unnest(
    %(agent_uuids)s::uuid[], %(clients)s::text[], %(feedback_indexes)s::bigint[],
    %(tx_hashes)s::text[], %(blocks)s::bigint[], %(indexes)s::integer[]
  ) as n (agent_uuid, client_address, feedback_index, tx_hash, block_number, log_index)
),
same_place as (
  select r.id, g.agent_uuid, g.client_address, g.feedback_index, g.block_number, g.log_index
  from given as g
  join erc8004_reputation as r
    on r.tx_hash = g.tx_hash
    and r.log_index = g.log_index
  where r.source <> 'chain'
    and r.chain = %(chain)s
),
same_transaction as (
  select
    r.id, g.agent_uuid, g.client_address, g.feedback_index, g.block_number, g.log_index,
    dense_rank() over (
      partition by r.tx_hash, r.agent_uuid, r.client_address order by r.created_at, r.id
    ) as stored_place,
    dense_rank() over (
      partition by r.tx_hash, r.agent_uuid, r.client_address order by g.log_index
    ) as given_place
  from given as g
  join erc8004_reputation as r
    on r.tx_hash = g.tx_hash
    and r.agent_uuid = g.agent_uuid
    and r.client_address = g.client_address
  where r.source <> 'chain'
    and r.chain = %(chain)s
    and r.log_index is null
    and not exists (
      select
      from same_place as s
      where s.block_number = g.block_number
        and s.log_index = g.log_index
    )
),
confirmed as (
  select id, agent_uuid, client_address, feedback_index, block_number, log_index
  from same_place
  union all
  select id, agent_uuid, client_address, feedback_index, block_number, log_index
  from same_transaction
  where stored_place = given_place
)
update erc8004_reputation as r
set
  agent_uuid = c.agent_uuid,
  client_address = c.client_address,
  feedback_index = c.feedback_index,
  block_number = c.block_number,
  log_index = c.log_index,
  source_id = null,
  source = 'chain'
from confirmed as c
where r.id = c.id;

-- name: get_scores
-- Return the scores of values as COPY's binary format has them, and whether their tags are for
-- measurements.
select
  n.place,
  numeric_send(erc8004_score_on(n.value, n.value_decimals, scale.low, scale.high)) as score,
  coalesce(scale.kind = 'measurement', false) as is_measurement
from unnest(%(values)s::numeric[], %(decimals)s::smallint[], %(tags1)s::text[])
  with ordinality as n (value, value_decimals, tag1, place)
left join erc8004_tag_scales as scale on scale.tag = coalesce(n.tag1, '');

-- name: copy_given
-- Load feedback that is not stored yet.
copy erc8004_reputation (
  id, agent_uuid, client_address, feedback_index, value_decimals, tx_hash, block_number, log_index,
  created_at, is_revoked, chain, source, value, is_measurement, score, tag1, tag2, endpoint, file_uri,
  file_hash, revoked_at, unstorable
)
from stdin with (format binary);

-- name: upsert
-- Insert feedback, or replace what is stored under its index.
insert into erc8004_reputation as r (
  id, agent_uuid, client_address, feedback_index, value, value_decimals, tag1, tag2, endpoint,
  file_uri, file_hash, chain, tx_hash, block_number, log_index, created_at, is_revoked, revoked_at,
  unstorable, score, is_measurement, source
)
select
  n.id, n.agent_uuid, n.client_address, n.feedback_index, n.value, n.value_decimals, n.tag1, n.tag2,
  n.endpoint, n.file_uri, n.file_hash, %(chain)s, n.tx_hash, n.block_number, n.log_index,
  to_timestamp(n.created_at), n.revoked_at is not null, to_timestamp(n.revoked_at), n.unstorable,
  erc8004_score_on(n.value, n.value_decimals, scale.low, scale.high),
  coalesce(scale.kind = 'measurement', false), 'chain'
from unnest(
  %(ids)s::uuid[], %(agent_uuids)s::uuid[], %(clients)s::text[], %(feedback_indexes)s::bigint[],
  %(values)s::numeric[], %(decimals)s::smallint[], %(tags1)s::text[], %(tags2)s::text[],
  %(endpoints)s::text[], %(file_uris)s::text[], %(file_hashes)s::text[], %(tx_hashes)s::text[],
  %(blocks)s::bigint[], %(indexes)s::integer[], %(times)s::bigint[], %(revoked)s::bigint[],
  %(marks)s::jsonb[]
) as n (
  id, agent_uuid, client_address, feedback_index, value, value_decimals, tag1, tag2, endpoint,
  file_uri, file_hash, tx_hash, block_number, log_index, created_at, revoked_at, unstorable
)
left join erc8004_tag_scales as scale on scale.tag = coalesce(n.tag1, '')
on conflict (agent_uuid, client_address, feedback_index) where feedback_index is not null do update
set
  value = excluded.value,
  value_decimals = excluded.value_decimals,
  score = excluded.score,
  is_measurement = excluded.is_measurement,
  tag1 = excluded.tag1,
  tag2 = excluded.tag2,
  endpoint = excluded.endpoint,
  file_uri = excluded.file_uri,
  file_hash = excluded.file_hash,
  tx_hash = excluded.tx_hash,
  block_number = excluded.block_number,
  log_index = excluded.log_index,
  created_at = excluded.created_at,
  is_revoked = excluded.is_revoked,
  revoked_at = excluded.revoked_at,
  revocation_reason = null,
  unstorable = excluded.unstorable,
  source = 'chain';

-- name: update_revoked
-- Revoke feedback that is stored, and return the places of the revocations that found theirs.
update erc8004_reputation as r
set
  is_revoked = true,
  revoked_at = coalesce(r.revoked_at, to_timestamp(n.revoked_at))
from unnest(
  %(agent_uuids)s::uuid[], %(clients)s::text[], %(feedback_indexes)s::bigint[], %(times)s::bigint[]
) with ordinality as n (agent_uuid, client_address, feedback_index, revoked_at, place)
where r.agent_uuid = n.agent_uuid
  and r.client_address = n.client_address
  and r.feedback_index = n.feedback_index
returning n.place;

-- name: insert_responses
-- Insert the responses to feedback that is stored, and return the ids of these.
insert into erc8004_feedback_responses (
  id, feedback_id, responder_address, response_uri, response_hash, created_at, block_number,
  log_index, unstorable, source
)
select
  n.id, r.id, n.responder_address, n.response_uri, n.response_hash, to_timestamp(n.created_at),
  n.block_number, n.log_index, n.unstorable, 'chain'
from unnest(
  %(ids)s::uuid[], %(agent_uuids)s::uuid[], %(clients)s::text[], %(feedback_indexes)s::bigint[],
  %(responders)s::text[], %(uris)s::text[], %(hashes)s::text[],
  %(blocks)s::bigint[], %(indexes)s::integer[], %(times)s::bigint[], %(marks)s::jsonb[]
) as n (
  id, agent_uuid, client_address, feedback_index, responder_address, response_uri, response_hash,
  block_number, log_index, created_at, unstorable
)
join erc8004_reputation as r
  on r.agent_uuid = n.agent_uuid
  and r.client_address = n.client_address
  and r.feedback_index = n.feedback_index
returning block_number, log_index;
