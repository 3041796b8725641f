-- part: written
-- A single payment that is written, with its texts whole.
p.id as payment_id,
  p.agent_uuid,
  p.chain,
  (select c.chain_id from erc8004_chains as c where c.name = p.chain) as chain_id,
  (select 'eip155:' || c.chain_id from erc8004_chains as c where c.name = p.chain) as caip2,
  p.chain as network,
  p.tx_hash,
  p.log_index,
  p.payer_address,
  p.payee_address,
  p.nonce,
  p.amount_usdc::text as amount_usdc,
  p.status,
  p.endpoint,
  p.failure_reason,
  p.created_at,
  p.verified_at,
  p.source,
  p.unstorable,
  '{}'::text[] as truncated

-- part: alike
-- A payment of the same transaction to the same agent that may be the one in a body: nothing that
-- both know differs. A log or a nonce that both know is found by its own index.
p.chain = %(chain)s
    and p.tx_hash = %(tx_hash)s
    and p.agent_uuid = %(agent_uuid)s
    and p.amount_usdc = %(amount_usdc)s
    and (p.log_index is null or %(log_index)s::integer is null)
    and (p.nonce is null or %(nonce)s::text is null)
    and (p.payer_address = %(payer_address)s) is not false
    and (p.payee_address = %(payee_address)s) is not false

-- part: payment
-- A payment with its texts cut to the given length, and the names of the texts that are cut.
p.id as payment_id,
  p.agent_uuid,
  p.chain,
  c.chain_id,
  'eip155:' || c.chain_id as caip2,
  c.name as network,
  p.tx_hash,
  p.log_index,
  p.payer_address,
  p.payee_address,
  p.nonce,
  p.amount_usdc::text as amount_usdc,
  p.status,
  left(p.endpoint, %(longest)s) as endpoint,
  left(p.failure_reason, %(longest)s) as failure_reason,
  p.created_at,
  p.verified_at,
  p.source,
  erc8004_shown_marks(p.unstorable, %(longest)s) as unstorable,
  array_remove(
    array[
      case when length(p.endpoint) > %(longest)s then 'endpoint' end,
      case when length(p.failure_reason) > %(longest)s then 'failure_reason' end
    ],
    null
  ) as truncated

-- name: get_lock
-- Wait until no other transaction writes payments of this transaction on chain to this agent, and
-- lock others out until the commit.
select pg_advisory_xact_lock(hashtextextended(%(chain)s || %(tx_hash)s || %(agent_uuid)s, 0));

-- name: insert
-- Insert a payment and return it; no row if it is linked already.
insert into erc8004_agent_payments as p (
  agent_uuid, chain, tx_hash, log_index, payer_address, payee_address, nonce, amount_usdc,
  status, endpoint, failure_reason, verified_at
)
select
  %(agent_uuid)s, %(chain)s, %(tx_hash)s, %(log_index)s, %(payer_address)s, %(payee_address)s,
  %(nonce)s, %(amount_usdc)s, %(status)s, %(endpoint)s, %(failure_reason)s,
  case %(status)s when 'verified' then now() end
where not exists (
  select
  from erc8004_agent_payments as p
  where {alike}
)
on conflict do nothing
returning
  {written};

-- name: get_for_update
-- Return the payment that a body means, and lock it for a change: the one with its log, else the
-- one with its payer's nonce, else the one without either, else the first that is alike.
with linked as (
  (
    select p.id, 1 as place
    from erc8004_agent_payments as p
    where p.chain = %(chain)s
      and p.tx_hash = %(tx_hash)s
      and p.log_index = %(log_index)s
  )
  union all
  (
    select p.id, 2
    from erc8004_agent_payments as p
    where p.chain = %(chain)s
      and p.payer_address = %(payer_address)s
      and p.nonce = %(nonce)s
  )
  union all
  (
    select p.id, 3
    from erc8004_agent_payments as p
    where p.chain = %(chain)s
      and p.tx_hash = %(tx_hash)s
      and p.agent_uuid = %(agent_uuid)s
      and p.log_index is null
      and p.nonce is null
      and %(log_index)s::integer is null
      and %(nonce)s::text is null
  )
  union all
  (
    select p.id, 4
    from erc8004_agent_payments as p
    where {alike}
    order by p.id
    limit 1
  )
  order by place
  limit 1
)
select
  {written}
from erc8004_agent_payments as p
join linked on linked.id = p.id
for no key update of p;

-- name: update_linked
-- Settle a payment, or add what was not known of it, and return it. A payer's nonce may have been
-- settled by another transaction, which has logs of its own.
update erc8004_agent_payments as p
set
  status = %(status)s,
  tx_hash = %(tx_hash)s,
  log_index = case p.tx_hash
    when %(tx_hash)s then coalesce(p.log_index, %(log_index)s)
    else %(log_index)s
  end,
  payer_address = coalesce(p.payer_address, %(payer_address)s),
  payee_address = coalesce(p.payee_address, %(payee_address)s),
  nonce = coalesce(p.nonce, %(nonce)s),
  endpoint = coalesce(%(endpoint)s, p.endpoint),
  failure_reason = case p.status
    when %(status)s then coalesce(p.failure_reason, %(failure_reason)s)
    else %(failure_reason)s
  end,
  verified_at = case %(status)s when 'verified' then coalesce(p.verified_at, now()) end
where p.id = %(payment_id)s
returning
  {written};

-- name: list_by_agent
-- Return the payments of one agent, newest first, from the row after the cursor.
select
  {payment}
from erc8004_agent_payments as p
join erc8004_chains as c on c.name = p.chain
where p.agent_uuid = %(agent_uuid)s
  and (%(source)s::text is null or p.source = %(source)s)
  and (
    %(after_id)s::uuid is null
    or (p.created_at, p.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
  )
order by p.created_at desc, p.id desc
limit %(limit)s;

-- name: list_by_status
-- Return the payments of one agent in any of some statuses, newest first, from the row after the
-- cursor; each status is read up to the length of the page. Limits of the status instead of its
-- value keep the planner from an index without it, in which rows of a rare status are far apart.
with page as (
  select s.id, s.created_at
  from (select distinct unnest(%(status)s::text[]) as status) as given
  cross join lateral (
    select p.id, p.created_at
    from erc8004_agent_payments as p
    where p.agent_uuid = %(agent_uuid)s
      and p.status >= given.status
      and (p.status, p.created_at, p.id) < (
        given.status,
        coalesce(%(after_time)s::timestamptz, 'infinity'),
        coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      )
      and (%(source)s::text is null or p.source = %(source)s)
    order by p.status desc, p.created_at desc, p.id desc
    limit %(limit)s
  ) as s
  order by s.created_at desc, s.id desc
  limit %(limit)s
)
select
  {payment}
from page
join erc8004_agent_payments as p on p.id = page.id
join erc8004_chains as c on c.name = p.chain
order by page.created_at desc, page.id desc;

-- name: get
-- Return one payment.
select
  {payment}
from erc8004_agent_payments as p
join erc8004_chains as c on c.name = p.chain
where p.id = %(payment_id)s;
