-- part: feedback
-- A feedback with its texts cut to the given length, and the names of the texts that are cut.
r.id as feedback_id,
  r.agent_uuid,
  r.client_address,
  r.value::text as value,
  r.value_decimals,
  r.score::float8 as score,
  r.tag1,
  r.tag2,
  left(r.endpoint, %(longest)s) as endpoint,
  left(r.file_uri, %(longest)s) as file_uri,
  r.file_hash,
  r.chain,
  c.chain_id,
  'eip155:' || c.chain_id as caip2,
  r.tx_hash,
  r.is_revoked,
  r.revoked_at,
  left(r.revocation_reason, %(longest)s) as revocation_reason,
  r.created_at,
  r.source,
  r.feedback_index,
  r.block_number,
  (
    select b.projected_block
    from erc8004_chain_cursors as b
    where b.chain = r.chain
      and r.source = 'chain'
  ) as as_of_block,
  erc8004_shown_marks(r.unstorable, %(longest)s) as unstorable,
  array_remove(
    array[
      case when length(r.endpoint) > %(longest)s then 'endpoint' end,
      case when length(r.file_uri) > %(longest)s then 'file_uri' end,
      case when length(r.revocation_reason) > %(longest)s then 'revocation_reason' end
    ],
    null
  ) as truncated

-- part: responses
-- The ten responses that are shown with a feedback: the newest of the agent's owner, then the
-- newest of others.
(
    with by_owner as (
      select
        p.id, p.responder_address, p.response_uri, p.response_hash, p.created_at, p.source,
        p.unstorable
      from erc8004_feedback_responses as p
      where p.feedback_id = r.id
        and p.responder_address = a.owner_address
      order by p.created_at desc, p.id desc
      limit 10
    ),
    by_others as (
      select
        p.id, p.responder_address, p.response_uri, p.response_hash, p.created_at, p.source,
        p.unstorable
      from erc8004_feedback_responses as p
      where p.feedback_id = r.id
        and p.responder_address <> a.owner_address
      order by p.created_at desc, p.id desc
      limit 10 - (select count(*) from by_owner)
    )
    select coalesce(
      jsonb_agg(
        jsonb_build_object(
          'response_id', s.id,
          'responder_address', s.responder_address,
          'by_owner', s.by_owner,
          'response_uri', left(s.response_uri, %(longest)s),
          'response_hash', s.response_hash,
          'created_at', erc8004_timestamp(s.created_at),
          'source', s.source,
          'unstorable', erc8004_shown_marks(s.unstorable, %(longest)s),
          'truncated',
          case when length(s.response_uri) > %(longest)s then array['response_uri'] else '{}' end
        )
        order by s.by_owner desc, s.created_at desc, s.id desc
      ),
      '[]'
    )
    from (
      select
        o.id, o.responder_address, o.response_uri, o.response_hash, o.created_at, true, o.source,
        o.unstorable
      from by_owner as o
      union all
      select
        o.id, o.responder_address, o.response_uri, o.response_hash, o.created_at, false, o.source,
        o.unstorable
      from by_others as o
    ) as s (
      id, responder_address, response_uri, response_hash, created_at, by_owner, source, unstorable
    )
  ) as responses

-- part: matching
-- The feedback of one agent that matches the filters, from the row after the cursor.
a.id = %(agent_uuid)s
    and (%(client_address)s::text is null or r.client_address = %(client_address)s)
    and (%(tag1)s::text is null or r.tag1 = %(tag1)s)
    and (%(tag2)s::text is null or r.tag2 = %(tag2)s)
    and (%(source)s::text is null or r.source = %(source)s)
    and (
      %(after_id)s::uuid is null
      or (r.created_at, r.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
    )

-- name: list_by_agent
-- Return the feedback of one agent that is not revoked, newest first, from the row after the
-- cursor, each with ten responses.
select
  {feedback},
  {responses}
from erc8004_agents as a
join erc8004_reputation as r on r.agent_uuid = a.id
join erc8004_chains as c on c.name = r.chain
where {matching}
  and not r.is_revoked
order by r.created_at desc, r.id desc
limit %(limit)s;

-- name: list_by_agent_with_revoked
-- Return the feedback of one agent, including revoked feedback, newest first, from the row after
-- the cursor, each with ten responses; both kinds are separate in each index, so both are read up
-- to the length of the page.
with standing as (
  select r.id, r.created_at
  from erc8004_agents as a
  join erc8004_reputation as r on r.agent_uuid = a.id
  where {matching}
    and not r.is_revoked
  order by r.created_at desc, r.id desc
  limit %(limit)s
),
revoked as (
  select r.id, r.created_at
  from erc8004_agents as a
  join erc8004_reputation as r on r.agent_uuid = a.id
  where {matching}
    and r.is_revoked
  order by r.created_at desc, r.id desc
  limit %(limit)s
),
page as (
  select s.id, s.created_at
  from standing as s
  union all
  select g.id, g.created_at
  from revoked as g
  order by created_at desc, id desc
  limit %(limit)s
)
select
  {feedback},
  {responses}
from page
join erc8004_reputation as r on r.id = page.id
join erc8004_agents as a on a.id = r.agent_uuid
join erc8004_chains as c on c.name = r.chain
where a.id = %(agent_uuid)s
order by page.created_at desc, page.id desc;

-- name: get
-- Return one feedback with ten responses.
select
  {feedback},
  {responses}
from erc8004_reputation as r
join erc8004_agents as a on a.id = r.agent_uuid
join erc8004_chains as c on c.name = r.chain
where r.id = %(feedback_id)s;
