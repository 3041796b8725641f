-- part: of_chain
-- The chain id and the CAIP-2 name of the chain of a single row that is written.
(select c.chain_id from erc8004_chains as c where c.name = v.chain) as chain_id,
  (select 'eip155:' || c.chain_id from erc8004_chains as c where c.name = v.chain) as caip2

-- part: validation
-- A validation with its texts cut to the given length, and the names of the texts that are cut; a
-- pending one past its time is shown as expired before the next refresh marks it so.
v.id as validation_id,
  v.agent_uuid,
  v.chain,
  c.chain_id,
  'eip155:' || c.chain_id as caip2,
  v.registry_address,
  v.request_hash,
  left(v.request_uri, %(longest)s) as request_uri,
  v.validator_address,
  case when v.status = 'pending' and v.expires_at <= now() then 'expired' else v.status end
    as status,
  v.response,
  left(v.response_uri, %(longest)s) as response_uri,
  v.response_hash,
  v.tag,
  v.created_at,
  v.responded_at,
  v.expires_at,
  v.source,
  (
    select b.projected_block
    from erc8004_chain_cursors as b
    where b.chain = v.chain
      and v.source = 'chain'
  ) as as_of_block,
  erc8004_shown_marks(v.unstorable, %(longest)s) as unstorable,
  array_remove(
    array[
      case when length(v.request_uri) > %(longest)s then 'request_uri' end,
      case when length(v.response_uri) > %(longest)s then 'response_uri' end
    ],
    null
  ) as truncated

-- name: insert
-- Insert a validation request in the given registry, else in the validation registry of its chain,
-- and return it; no row if the chain is unknown.
insert into erc8004_validations as v (
  agent_uuid, chain, registry_address, request_hash, request_uri, validator_address, expires_at
)
select
  %(agent_uuid)s,
  c.name,
  coalesce(%(registry_address)s, c.validation_registry),
  %(request_hash)s,
  %(request_uri)s,
  %(validator_address)s,
  %(expires_at)s
from erc8004_chains as c
where c.name = %(chain)s
returning
  id as validation_id,
  agent_uuid,
  chain,
  {of_chain},
  registry_address,
  request_hash,
  request_uri,
  validator_address,
  status,
  response,
  response_uri,
  response_hash,
  tag,
  created_at,
  responded_at,
  expires_at,
  source,
  null::bigint as as_of_block,
  unstorable,
  '{}'::text[] as truncated;

-- part: open
-- Whether a validation request waits for a response or has one, and its agent may request one.
(
  (v.status = 'completed' or (v.status = 'pending' and (v.expires_at > now()) is not false))
  and exists (
    select
    from erc8004_agents as a
    where a.id = v.agent_uuid
      and a.status = 'active'
      and not a.claimed
  )
)

-- name: list_by_request
-- Return the requests that a response to a hash may be for: the first, and a second if that is
-- ambiguous. Of the requests that name the validator (any, for null), those in the validation
-- registry of their own chain come before others, whose registry anyone can invent; of these, the
-- agent that sent its request first is meant. So later requests cannot change what a response is
-- for, and the cost does not grow with requests by others: only the first of each registry is
-- read. Unless is_any is true, expired requests and those of an agent that is not active or only
-- claimed do not count.
with first_in_registry as (
  select f.agent_uuid, f.created_at, f.id
  from erc8004_chains as c
  cross join lateral (
    select v.agent_uuid, v.created_at, v.id
    from erc8004_validations as v
    where v.request_hash = %(request_hash)s
      and v.chain = c.name
      and v.registry_address = c.validation_registry
      and (%(validator_address)s::text is null or v.validator_address = %(validator_address)s)
      and (%(agent_uuid)s::uuid is null or v.agent_uuid = %(agent_uuid)s)
      and (%(registry_address)s::text is null or v.registry_address = %(registry_address)s)
      and (%(is_any)s or {open})
    order by v.created_at, v.id
    limit 1
  ) as f
  where %(chain)s::text is null or c.name = %(chain)s
),
first_elsewhere as (
  select v.agent_uuid
  from erc8004_validations as v
  where v.request_hash = %(request_hash)s
    and (%(validator_address)s::text is null or v.validator_address = %(validator_address)s)
    and (%(agent_uuid)s::uuid is null or v.agent_uuid = %(agent_uuid)s)
    and (%(registry_address)s::text is null or v.registry_address = %(registry_address)s)
    and (%(chain)s::text is null or v.chain = %(chain)s)
    and (%(is_any)s or {open})
    and not exists (select from first_in_registry)
  order by v.created_at, v.id
  limit 1
),
first_agent as (
  (
    select f.agent_uuid, true as is_in_registry
    from first_in_registry as f
    order by f.created_at, f.id
    limit 1
  )
  union all
  select e.agent_uuid, false
  from first_elsewhere as e
)
select v.id as validation_id
from first_agent as f
cross join lateral (
  select v.id, v.chain, v.registry_address
  from erc8004_validations as v
  join erc8004_chains as c on c.name = v.chain
  where v.request_hash = %(request_hash)s
    and v.agent_uuid = f.agent_uuid
    and (%(validator_address)s::text is null or v.validator_address = %(validator_address)s)
    and (%(registry_address)s::text is null or v.registry_address = %(registry_address)s)
    and (%(chain)s::text is null or v.chain = %(chain)s)
    and (v.registry_address = c.validation_registry) = f.is_in_registry
  order by v.chain, v.registry_address
  limit 2
) as v
order by v.chain, v.registry_address
limit 2;

-- name: get_by_hash
-- Return any request under a hash.
select v.id as validation_id
from erc8004_validations as v
where v.request_hash = %(request_hash)s
  and (%(agent_uuid)s::uuid is null or v.agent_uuid = %(agent_uuid)s)
  and (%(registry_address)s::text is null or v.registry_address = %(registry_address)s)
  and (%(chain)s::text is null or v.chain = %(chain)s)
limit 1;

-- name: update_response
-- Set the validator's response, replacing an earlier one, and return it; no row if the request has
-- expired or was read from a chain.
update erc8004_validations as v
set
  status = 'completed',
  response = %(response)s,
  response_uri = %(response_uri)s,
  response_hash = %(response_hash)s,
  tag = %(tag)s,
  responded_at = now()
where v.id = %(validation_id)s
  and v.source <> 'chain'
  and (v.status = 'completed' or (v.status = 'pending' and (v.expires_at <= now()) is not true))
returning
  v.id as validation_id,
  v.agent_uuid,
  v.chain,
  {of_chain},
  v.registry_address,
  v.request_hash,
  v.request_uri,
  v.validator_address,
  v.status,
  v.response,
  v.response_uri,
  v.response_hash,
  v.tag,
  v.created_at,
  v.responded_at,
  v.expires_at,
  v.source,
  null::bigint as as_of_block,
  v.unstorable,
  '{}'::text[] as truncated;

-- name: list_by_agent
-- Return the validations of one agent, newest first, from the row after the cursor.
select
  {validation}
from erc8004_validations as v
join erc8004_chains as c on c.name = v.chain
where v.agent_uuid = %(agent_uuid)s
  and (%(source)s::text is null or v.source = %(source)s)
  and (
    %(after_id)s::uuid is null
    or (v.created_at, v.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
  )
order by v.created_at desc, v.id desc
limit %(limit)s;

-- name: list_by_status
-- Return the validations of one agent that are shown in any of some statuses, newest first, from
-- the row after the cursor; each status is read up to the length of the page. Pending ones that are
-- overdue are expired. Limits of the status instead of its value keep the planner from an index
-- without it, in which rows of a rare status are far apart.
with shown as (
  select s.id, s.created_at
  from (select distinct unnest(%(status)s::text[]) as status) as given
  cross join lateral (
    select v.id, v.created_at
    from erc8004_validations as v
    where v.agent_uuid = %(agent_uuid)s
      and v.status >= given.status
      and (v.status, v.created_at, v.id) < (
        given.status,
        coalesce(%(after_time)s::timestamptz, 'infinity'),
        coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )
      and (v.status <> 'pending' or (v.expires_at <= now()) is not true)
      and (%(source)s::text is null or v.source = %(source)s)
    order by v.status desc, v.created_at desc, v.id desc
    limit %(limit)s
  ) as s
  union all
  select o.id, o.created_at
  from (
    select v.id, v.created_at
    from erc8004_validations as v
    where v.agent_uuid = %(agent_uuid)s
      and v.status = 'pending'
      and v.expires_at <= now()
      and 'expired' = any (%(status)s::text[])
      and (%(source)s::text is null or v.source = %(source)s)
      and (
        %(after_id)s::uuid is null
        or (v.created_at, v.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
      )
    order by v.created_at desc, v.id desc
    limit %(limit)s
  ) as o
),
page as (
  select s.id, s.created_at
  from shown as s
  order by s.created_at desc, s.id desc
  limit %(limit)s
)
select
  {validation}
from page
join erc8004_validations as v on v.id = page.id
join erc8004_chains as c on c.name = v.chain
order by page.created_at desc, page.id desc;

-- name: get
-- Return one validation.
select
  {validation}
from erc8004_validations as v
join erc8004_chains as c on c.name = v.chain
where v.id = %(validation_id)s;

-- name: get_summary
-- Return the number of validations of one agent, and the mean response of the completed ones.
select
  count(v.id) as count,
  count(v.response) as completed,
  round(avg(v.response), 2)::float8 as mean
from erc8004_agents as a
left join erc8004_validations as v on v.agent_uuid = a.id
where a.id = %(agent_uuid)s
group by a.id;
