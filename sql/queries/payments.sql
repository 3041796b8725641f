-- part: payment
-- A payment with its texts cut to the given length, and the names of the texts that are cut.
p.id as payment_id,
  p.agent_uuid,
  p.chain,
  c.chain_id,
  c.caip2,
  p.tx_hash,
  p.amount_usdc::text as amount_usdc,
  p.status,
  left(p.endpoint, %(longest)s) as endpoint,
  left(p.failure_reason, %(longest)s) as failure_reason,
  p.created_at,
  p.verified_at,
  array_remove(
    array[
      case when length(p.endpoint) > %(longest)s then 'endpoint' end,
      case when length(p.failure_reason) > %(longest)s then 'failure_reason' end
    ],
    null
  ) as truncated

-- name: insert
-- Insert a payment and return it; no row if its transaction is linked already.
insert into erc8004_agent_payments as p (
  agent_uuid, chain, tx_hash, amount_usdc, status, endpoint, failure_reason, verified_at
)
values (
  %(agent_uuid)s, %(chain)s, %(tx_hash)s, %(amount_usdc)s, %(status)s, %(endpoint)s,
  %(failure_reason)s, case %(status)s when 'verified' then now() end
)
on conflict on constraint uq__erc8004_agent_payments__chain_tx do nothing
returning
  id as payment_id,
  agent_uuid,
  chain,
  (select c.chain_id from erc8004_chains as c where c.name = p.chain) as chain_id,
  (select c.caip2 from erc8004_chains as c where c.name = p.chain) as caip2,
  tx_hash,
  amount_usdc::text as amount_usdc,
  status,
  endpoint,
  failure_reason,
  created_at,
  verified_at,
  '{}'::text[] as truncated;

-- name: get_for_update
-- Return the payment of one transaction, and lock it for a change.
select
  p.id as payment_id,
  p.agent_uuid,
  p.chain,
  c.chain_id,
  c.caip2,
  p.tx_hash,
  p.amount_usdc::text as amount_usdc,
  p.status,
  p.endpoint,
  p.failure_reason,
  p.created_at,
  p.verified_at,
  '{}'::text[] as truncated
from erc8004_agent_payments as p
join erc8004_chains as c on c.name = p.chain
where p.chain = %(chain)s
  and p.tx_hash = %(tx_hash)s
for no key update of p;

-- name: update_settled
-- Settle a pending payment, and return it.
update erc8004_agent_payments as p
set
  status = %(status)s,
  endpoint = coalesce(%(endpoint)s, p.endpoint),
  failure_reason = %(failure_reason)s,
  verified_at = case %(status)s when 'verified' then now() end
from erc8004_chains as c
where p.id = %(payment_id)s
  and c.name = p.chain
returning
  p.id as payment_id,
  p.agent_uuid,
  p.chain,
  c.chain_id,
  c.caip2,
  p.tx_hash,
  p.amount_usdc::text as amount_usdc,
  p.status,
  p.endpoint,
  p.failure_reason,
  p.created_at,
  p.verified_at,
  '{}'::text[] as truncated;

-- name: list_by_agent
-- Return the payments of one agent, newest first, from the row after the cursor.
select
  {payment}
from erc8004_agent_payments as p
join erc8004_chains as c on c.name = p.chain
where p.agent_uuid = %(agent_uuid)s
  and (
    %(after_id)s::uuid is null
    or (p.created_at, p.id) < (%(after_time)s::timestamptz, %(after_id)s::uuid)
  )
order by p.created_at desc, p.id desc
limit %(limit)s;

-- name: get
-- Return one payment.
select
  {payment}
from erc8004_agent_payments as p
join erc8004_chains as c on c.name = p.chain
where p.id = %(payment_id)s;
