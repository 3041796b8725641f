-- name: insert
-- A new feedback; the chain defaults to the agent's. No row where the agent is not there, not
-- active, or the client's own. The agent is kept as it is until the commit: writers to one
-- agent do not wait for each other, but its owner cannot suspend it in between.
with agent as (
  select a.id, a.chain
  from erc8004_agents as a
  where a.id = %(agent_uuid)s
    and a.status = 'active'
    and a.owner_address <> %(client_address)s
  for share
)
insert into erc8004_reputation (
  agent_uuid, client_address, value, value_decimals, score, tag1, tag2,
  endpoint, file_uri, file_hash, chain, tx_hash
)
select
  agent.id, %(client_address)s, %(value)s, %(value_decimals)s, %(score)s,
  %(tag1)s, %(tag2)s, %(endpoint)s, %(file_uri)s, %(file_hash)s,
  coalesce(%(chain)s, agent.chain), %(tx_hash)s
from agent
returning
  id as feedback_id,
  agent_uuid,
  client_address,
  value::text as value,
  value_decimals,
  score::float8 as score,
  tag1,
  tag2,
  endpoint,
  file_uri,
  file_hash,
  chain,
  tx_hash,
  is_revoked,
  revoked_at,
  revocation_reason,
  created_at,
  '[]'::jsonb as responses;

-- name: list_by_agent
-- Feedback of one agent, newest first, from the row after the cursor, each with its ten
-- newest responses.
select
  r.id as feedback_id,
  r.agent_uuid,
  r.client_address,
  r.value::text as value,
  r.value_decimals,
  r.score::float8 as score,
  r.tag1,
  r.tag2,
  r.endpoint,
  r.file_uri,
  r.file_hash,
  r.chain,
  r.tx_hash,
  r.is_revoked,
  r.revoked_at,
  r.revocation_reason,
  r.created_at,
  (
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'response_id', newest.id,
          'responder_address', newest.responder_address,
          'response_uri', newest.response_uri,
          'response_hash', newest.response_hash,
          'created_at', erc8004_timestamp(newest.created_at)
        )
        order by newest.created_at desc, newest.id desc
      ),
      '[]'
    )
    from (
      select p.id, p.responder_address, p.response_uri, p.response_hash, p.created_at
      from erc8004_feedback_responses as p
      where p.feedback_id = r.id
      order by p.created_at desc, p.id desc
      limit 10
    ) as newest
  ) as responses
from erc8004_reputation as r
where r.agent_uuid = %(agent_uuid)s
  and (%(client_address)s::text is null or r.client_address = %(client_address)s)
  and (%(tag1)s::text is null or r.tag1 = %(tag1)s)
  and (%(tag2)s::text is null or r.tag2 = %(tag2)s)
  and (%(include_revoked)s or not r.is_revoked)
  and (
    %(after_id)s::uuid is null
    or (r.created_at, r.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
  )
order by r.created_at desc, r.id desc
limit %(limit)s;

-- name: get_for_update
-- One feedback, locked for a change of it.
select
  r.id as feedback_id,
  r.agent_uuid,
  r.client_address,
  r.is_revoked
from erc8004_reputation as r
where r.id = %(feedback_id)s
for no key update;

-- name: update_revoked
-- Revokes one feedback.
update erc8004_reputation as r
set
  is_revoked = true,
  revoked_at = now(),
  revocation_reason = %(reason)s
where r.id = %(feedback_id)s
returning
  r.id as feedback_id,
  r.agent_uuid,
  r.client_address,
  r.is_revoked,
  r.revoked_at,
  r.revocation_reason;

-- name: insert_response
-- A response appended to a feedback. No row where there is no such feedback.
insert into erc8004_feedback_responses (
  feedback_id, responder_address, response_uri, response_hash
)
select r.id, %(responder_address)s, %(response_uri)s, %(response_hash)s
from erc8004_reputation as r
where r.id = %(feedback_id)s
returning
  id as response_id,
  feedback_id,
  responder_address,
  response_uri,
  response_hash,
  created_at;
