-- part: newest_first
-- The newest status first: a final one, then a failure, then pending; of equal ones the line that
-- knows both keys, then the last.
order by
        s.status in ('verified', 'rejected') desc,
        s.status = 'failed' desc,
        (s.log_index is not null and s.nonce is not null) desc,
        s.line_number desc

-- name: copy_lines
-- Copy the valid lines of payments; the source only of those without a key, as only they may turn
-- out to be ambiguous.
copy lines_staging (
  line_number, agent_uuid, chain, tx_hash, log_index, nonce, payer_address, payee_address,
  amount_usdc, status, endpoint, failure_reason, created_at, verified_at, unstorable, source
)
from stdin with (encoding 'utf8');

-- name: analyze_lines
-- Update the planner's statistics of what staged payments are known by.
analyze lines_staging (
  line_number, agent_uuid, chain, tx_hash, log_index, payer_address, nonce, amount_usdc
);

-- name: delete_repeated_nonces
-- Delete staged lines whose nonce occurs again in the file, and count those with older news.
with newest as (
  select
    s.chain, s.payer_address, s.nonce,
    (array_agg(s.line_number {newest_first}))[1] as line_number,
    (array_agg(s.status {newest_first}))[1] as status
  from lines_staging as s
  where s.nonce is not null
  group by s.chain, s.payer_address, s.nonce
  having count(*) > 1
),
deleted as (
  delete from lines_staging as s
  using newest as n
  where s.chain = n.chain
    and s.payer_address = n.payer_address
    and s.nonce = n.nonce
    and s.line_number <> n.line_number
  returning erc8004_outdates(n.status, s.status) as is_older
)
select count(*) filter (where is_older) as older
from deleted;

-- name: delete_repeated_logs
-- Delete staged lines whose log occurs again in the file, and count those with older news.
with newest as (
  select
    s.chain, s.tx_hash, s.log_index,
    (array_agg(s.line_number {newest_first}))[1] as line_number,
    (array_agg(s.status {newest_first}))[1] as status
  from lines_staging as s
  where s.log_index is not null
  group by s.chain, s.tx_hash, s.log_index
  having count(*) > 1
),
deleted as (
  delete from lines_staging as s
  using newest as n
  where s.chain = n.chain
    and s.tx_hash = n.tx_hash
    and s.log_index = n.log_index
    and s.line_number <> n.line_number
  returning erc8004_outdates(n.status, s.status) as is_older
)
select count(*) filter (where is_older) as older
from deleted;

-- name: delete_repeated
-- Delete staged lines without a key about a payment that occurs again in the file, and count those
-- with older news.
with newest as (
  select
    s.chain, s.tx_hash, s.agent_uuid, s.amount_usdc,
    (array_agg(s.line_number {newest_first}))[1] as line_number,
    (array_agg(s.status {newest_first}))[1] as status
  from lines_staging as s
  where s.log_index is null
    and s.nonce is null
  group by s.chain, s.tx_hash, s.agent_uuid, s.amount_usdc
  having count(*) > 1
),
deleted as (
  delete from lines_staging as s
  using newest as n
  where s.chain = n.chain
    and s.tx_hash = n.tx_hash
    and s.agent_uuid = n.agent_uuid
    and s.amount_usdc = n.amount_usdc
    and s.log_index is null
    and s.nonce is null
    and s.line_number <> n.line_number
  returning erc8004_outdates(n.status, s.status) as is_older
)
select count(*) filter (where is_older) as older
from deleted;

-- name: update_stored
-- Update the stored payments of which a line says something newer, take the lines about stored
-- payments off the stage, and count both, and those with older news. A line means the payment with
-- its log, else with its nonce, else one of the same transaction, agent and amount that is alike:
-- nothing that both know differs. Each payment is matched once; call this again until no line is
-- known.
with matches as (
  select s.line_number, p.id, 1 as priority
  from lines_staging as s
  join erc8004_agent_payments as p
    on p.chain = s.chain
    and p.tx_hash = s.tx_hash
    and p.log_index = s.log_index
  union all
  select s.line_number, p.id, 2
  from lines_staging as s
  join erc8004_agent_payments as p
    on p.chain = s.chain
    and p.payer_address = s.payer_address
    and p.nonce = s.nonce
  union all
  select s.line_number, p.id, case when p.log_index is null and p.nonce is null then 3 else 4 end
  from lines_staging as s
  join erc8004_agent_payments as p
    on p.chain = s.chain
    and p.tx_hash = s.tx_hash
    and p.agent_uuid = s.agent_uuid
    and p.amount_usdc = s.amount_usdc
  where (p.log_index is null or s.log_index is null)
    and (p.nonce is null or s.nonce is null)
    and (p.payer_address <> s.payer_address) is not true
    and (p.payee_address <> s.payee_address) is not true
),
chosen as (
  select distinct on (line_number)
    line_number,
    id,
    priority,
    count(*) filter (where priority < 3) over (partition by line_number) as keys
  from matches
  order by line_number, priority, id
),
once as (
  select distinct on (id) line_number, id, keys
  from chosen
  order by id, priority, line_number
),
known as (
  delete from lines_staging as s
  using once as o
  where s.line_number = o.line_number
  returning
    o.id, o.keys, s.agent_uuid, s.chain, s.tx_hash, s.log_index, s.nonce, s.payer_address,
    s.payee_address, s.amount_usdc, s.status, s.endpoint, s.failure_reason, s.created_at,
    s.verified_at, s.unstorable
),
news as (
  select
    p.id,
    n.agent_uuid,
    n.tx_hash,
    case when p.tx_hash = n.tx_hash then coalesce(p.log_index, n.log_index) else n.log_index end
      as log_index,
    -- A nonce that another payment has stays with that.
    coalesce(p.nonce, case when n.keys < 2 then n.nonce end) as nonce,
    case when p.nonce is null then coalesce(n.payer_address, p.payer_address) else p.payer_address end
      as payer_address,
    coalesce(n.payee_address, p.payee_address) as payee_address,
    n.amount_usdc,
    n.status,
    coalesce(n.endpoint, p.endpoint) as endpoint,
    coalesce(n.failure_reason, case when p.status = n.status then p.failure_reason end)
      as failure_reason,
    coalesce(n.created_at, p.created_at) as created_at,
    case n.status
      when 'verified' then coalesce(n.verified_at, p.verified_at, n.created_at, now())
    end as verified_at,
    case when n.endpoint is null and n.failure_reason is null then p.unstorable else n.unstorable end
      as unstorable,
    erc8004_outdates(p.status, n.status) as is_older
  from known as n
  join erc8004_agent_payments as p on p.id = n.id
),
updated as (
  update erc8004_agent_payments as p
  set
    agent_uuid = n.agent_uuid,
    tx_hash = n.tx_hash,
    log_index = n.log_index,
    nonce = n.nonce,
    payer_address = n.payer_address,
    payee_address = n.payee_address,
    amount_usdc = n.amount_usdc,
    status = n.status,
    endpoint = n.endpoint,
    failure_reason = n.failure_reason,
    created_at = n.created_at,
    verified_at = n.verified_at,
    unstorable = n.unstorable,
    source = 'import'
  from news as n
  where p.id = n.id
    -- A request may have settled it since this statement began.
    and not erc8004_outdates(p.status, n.status)
    and (
      p.agent_uuid, p.tx_hash, p.log_index, p.nonce, p.payer_address, p.payee_address,
      p.amount_usdc, p.status, p.endpoint, p.failure_reason, p.created_at, p.verified_at,
      p.unstorable
    ) is distinct from (
      n.agent_uuid, n.tx_hash, n.log_index, n.nonce, n.payer_address, n.payee_address,
      n.amount_usdc, n.status, n.endpoint, n.failure_reason, n.created_at, n.verified_at,
      n.unstorable
    )
  returning p.id
)
select
  (select count(*) from news) as known,
  (select count(*) from updated) as updated,
  (select count(*) from news where is_older) as older;

-- name: insert_new
-- Insert the payments that are not stored yet, take their lines off the stage, and count them: those
-- with a log (1), those with only a nonce (2), or those with neither (3). One that a request inserts
-- at the same time stays staged. In the order of the transactions, the largest indexes are filled
-- from one side.
with inserted as (
  insert into erc8004_agent_payments (
    id, agent_uuid, chain, tx_hash, log_index, nonce, payer_address, payee_address, amount_usdc,
    status, endpoint, failure_reason, created_at, verified_at, unstorable, source
  )
  select
    s.id, s.agent_uuid, s.chain, s.tx_hash, s.log_index, s.nonce, s.payer_address, s.payee_address,
    s.amount_usdc, s.status, s.endpoint, s.failure_reason,
    coalesce(s.created_at, s.verified_at, now()),
    case s.status when 'verified' then coalesce(s.verified_at, s.created_at, now()) end,
    s.unstorable,
    'import'
  from lines_staging as s
  where %(known_by)s = case when s.log_index is not null then 1 when s.nonce is not null then 2 else 3 end
  order by s.tx_hash, s.line_number
  on conflict do nothing
  returning id
),
deleted as (
  delete from lines_staging as s
  using inserted as i
  where s.id = i.id
  returning s.id
)
select count(*) as inserted
from deleted;

-- name: delete_left
-- Delete lines that are still staged, a hundred at a time: each has no key, and its transaction has
-- another payment to its agent without one, of another amount.
delete from lines_staging as s
using (
  select line_number
  from lines_staging
  order by line_number
  limit 100
) as other
where s.line_number = other.line_number
returning
  s.line_number,
  'its transaction has another payment to this agent; give log_index, or payer_address and nonce'
    as reason,
  s.source;

-- name: analyze_payments
-- Update the planner's statistics after many new rows.
analyze erc8004_agent_payments;
