-- part: columns
-- The columns of a response with its texts cut to the given length, and the names of the texts that are cut.
p.id as response_id,
  p.feedback_id,
  p.responder_address,
  p.responder_address = a.owner_address as by_owner,
  left(p.response_uri, %(longest)s) as response_uri,
  p.response_hash,
  p.created_at,
  p.source,
  erc8004_shown_marks(p.unstorable, %(longest)s) as unstorable,
  case when length(p.response_uri) > %(longest)s then array['response_uri'] else '{}' end
    as truncated

-- name: insert
-- Insert a response to a feedback, and return it; no row if there is no such feedback.
with agent as (
  select a.owner_address
  from erc8004_reputation as r
  join erc8004_agents as a on a.id = r.agent_uuid
  where r.id = %(feedback_id)s
)
insert into erc8004_feedback_responses as p (
  feedback_id, responder_address, response_uri, response_hash
)
select %(feedback_id)s, %(responder_address)s, %(response_uri)s, %(response_hash)s
from agent
returning
  p.id as response_id,
  p.feedback_id,
  p.responder_address,
  p.responder_address = (select agent.owner_address from agent) as by_owner,
  p.response_uri,
  p.response_hash,
  p.created_at,
  p.source,
  p.unstorable,
  '{}'::text[] as truncated;

-- name: list_by_feedback
-- Return the responses to one feedback, newest first, from the row after the cursor.
select
  {columns}
from erc8004_feedback_responses as p
join erc8004_reputation as r on r.id = p.feedback_id
join erc8004_agents as a on a.id = r.agent_uuid
where p.feedback_id = %(feedback_id)s
  and (
    %(after_id)s::uuid is null
    or (p.created_at, p.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
  )
order by p.created_at desc, p.id desc
limit %(limit)s;

-- name: get
-- Return one response to a feedback.
select
  {columns}
from erc8004_feedback_responses as p
join erc8004_reputation as r on r.id = p.feedback_id
join erc8004_agents as a on a.id = r.agent_uuid
where p.id = %(response_id)s
  and p.feedback_id = %(feedback_id)s;
