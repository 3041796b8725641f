-- The fold of payments, and the functions that undo counts of feedback.

-- Fold the payment changes that this statement sees; or count the history that it sees instead, and write
-- the counts that differ. Return the agents whose counts changed. Payments on a testnet count neither as
-- money for an agent of a mainnet nor as returned money.
create or replace function erc8004_fold_payments(from_history boolean) returns setof uuid
language sql
set plan_cache_mode = force_custom_plan
set enable_mergejoin = off
as $$
  with deleted as (
    delete from erc8004_payment_changes
    returning
      agent_uuid, sign, status, amount_usdc, endpoint, created_at, chain, payer_address,
      payee_address
  ),
  changes as (
    select
      d.agent_uuid, d.sign, d.status, d.amount_usdc, d.endpoint, d.created_at, d.chain,
      d.payer_address, d.payee_address
    from deleted as d
    where not from_history
    union all
    select
      p.agent_uuid, 1::smallint, p.status, p.amount_usdc, p.endpoint, p.created_at, p.chain,
      p.payer_address, p.payee_address
    from erc8004_agent_payments as p
    where from_history
  ),
  existing as materialized (
    select
      t.agent_uuid, md5(t.endpoint)::uuid as endpoint_hash, c.total_payments,
      c.successful_payments, c.failed_payments, c.total_amount_usdc, t.payer_address,
      t.payee_address, t.created_at, t.sign < 0 as is_less, paid.is_testnet,
      paid.is_testnet <= own.is_testnet as is_money
    from changes as t
    cross join lateral erc8004_payment_contribution(t.sign, t.status, t.amount_usdc) as c
    join erc8004_agents as a on a.id = t.agent_uuid
    join erc8004_chains as paid on paid.name = t.chain
    join erc8004_chains as own on own.name = a.chain
  ),
  by_payer as (
    select s.agent_uuid, s.payer_address, sum(s.total_amount_usdc) as paid_usdc
    from existing as s
    where s.payer_address is not null
      and s.is_money
    group by s.agent_uuid, s.payer_address
    having sum(s.total_amount_usdc) <> 0
  ),
  payers as (
    insert into erc8004_client_counts as c (
      agent_uuid, client_address, total_feedback, scored_feedback, score_sum,
      positive_feedback, negative_feedback, revoked_feedback, paid_usdc
    )
    select b.agent_uuid, b.payer_address, 0, 0, 0, 0, 0, 0, b.paid_usdc
    from by_payer as b
    left join erc8004_client_counts as k
      on k.agent_uuid = b.agent_uuid
      and k.client_address = b.payer_address
      and from_history
    where k.paid_usdc is distinct from b.paid_usdc
    on conflict on constraint pk__erc8004_client_counts do update
    set paid_usdc = excluded.paid_usdc + case when from_history then 0 else c.paid_usdc end
  ),
  lost_payers as (
    update erc8004_client_counts as c
    set paid_usdc = 0
    where from_history
      and c.paid_usdc <> 0
      and not exists (
        select
        from by_payer as b
        where b.agent_uuid = c.agent_uuid
          and b.payer_address = c.client_address
      )
  ),
  by_flow as (
    select s.payer_address, s.payee_address, sum(s.total_amount_usdc) as paid_usdc
    from existing as s
    where s.payer_address is not null
      and s.payee_address is not null
      and not s.is_testnet
    group by s.payer_address, s.payee_address
    having sum(s.total_amount_usdc) <> 0
  ),
  flows as (
    insert into erc8004_money_flows as m (payer_address, payee_address, paid_usdc)
    select b.payer_address, b.payee_address, b.paid_usdc
    from by_flow as b
    left join erc8004_money_flows as k
      on k.payer_address = b.payer_address
      and k.payee_address = b.payee_address
      and from_history
    where k.paid_usdc is distinct from b.paid_usdc
    on conflict on constraint pk__erc8004_money_flows do update
    set paid_usdc = excluded.paid_usdc + case when from_history then 0 else m.paid_usdc end
  ),
  lost_flows as (
    delete from erc8004_money_flows as m
    where from_history
      and not exists (
        select
        from by_flow as b
        where b.payer_address = m.payer_address
          and b.payee_address = m.payee_address
      )
  ),
  pairs as (
    insert into erc8004_pair_changes (agent_uuid, client_address)
    select b.agent_uuid, b.payer_address
    from by_payer as b
    where not from_history
    union all
    select between_two.agent_uuid, b.payee_address
    from by_flow as b
    cross join lateral erc8004_agents_rated_by(b.payee_address, b.payer_address) as between_two
    where not from_history
  ),
  by_endpoint as materialized (
    select
      s.agent_uuid,
      s.endpoint_hash,
      sum(s.total_payments) as total_payments,
      sum(s.successful_payments) as successful_payments,
      sum(s.failed_payments) as failed_payments,
      sum(s.total_amount_usdc) as total_amount_usdc,
      max(s.created_at) as last_payment_at,
      bool_or(s.is_less) as is_less
    from existing as s
    group by s.agent_uuid, s.endpoint_hash
  ),
  endpoints as (
    insert into erc8004_endpoint_counts as e (agent_uuid, endpoint_hash, total_payments)
    select b.agent_uuid, b.endpoint_hash, b.total_payments
    from by_endpoint as b
    left join erc8004_endpoint_counts as k
      on k.agent_uuid = b.agent_uuid
      and k.endpoint_hash = b.endpoint_hash
      and from_history
    where b.endpoint_hash is not null
      and k.total_payments is distinct from b.total_payments
    on conflict on constraint pk__erc8004_endpoint_counts do update
    set
      total_payments = excluded.total_payments
        + case when from_history then 0 else e.total_payments end
  ),
  lost_endpoints as (
    delete from erc8004_endpoint_counts as e
    where from_history
      and not exists (
        select
        from by_endpoint as b
        where b.agent_uuid = e.agent_uuid
          and b.endpoint_hash = e.endpoint_hash
      )
  ),
  by_agent as materialized (
    select
      b.agent_uuid,
      sum(b.total_payments) as total_payments,
      sum(b.successful_payments) as successful_payments,
      sum(b.failed_payments) as failed_payments,
      sum(b.total_amount_usdc) as total_amount_usdc,
      -- The counts before this fold: a statement does not see what its parts write.
      coalesce(
        sum(
          (coalesce(e.total_payments, 0) + b.total_payments > 0)::int
          - (coalesce(e.total_payments, 0) > 0)::int
        ) filter (where b.endpoint_hash is not null),
        0
      ) as unique_endpoints_used,
      max(b.last_payment_at) as last_payment_at,
      bool_or(b.is_less) as is_less
    from by_endpoint as b
    left join erc8004_endpoint_counts as e
      on e.agent_uuid = b.agent_uuid
      and e.endpoint_hash = b.endpoint_hash
      and not from_history
    group by b.agent_uuid
  ),
  lost_agents as (
    delete from erc8004_payment_counts as p
    where from_history
      and not exists (select from by_agent as b where b.agent_uuid = p.agent_uuid)
  )
  insert into erc8004_payment_counts as p (
    agent_uuid, total_payments, successful_payments, failed_payments, total_amount_usdc,
    unique_endpoints_used, last_payment_at
  )
  select
    b.agent_uuid, b.total_payments, b.successful_payments, b.failed_payments,
    b.total_amount_usdc, b.unique_endpoints_used,
    case
      when from_history then b.last_payment_at
      when b.is_less then erc8004_last_payment_at(b.agent_uuid)
      else greatest(k.last_payment_at, b.last_payment_at)
    end
  from by_agent as b
  left join erc8004_payment_counts as k using (agent_uuid)
  where not from_history
    or (
      b.total_payments, b.successful_payments, b.failed_payments, b.total_amount_usdc,
      b.unique_endpoints_used, b.last_payment_at
    ) is distinct from (
      k.total_payments, k.successful_payments, k.failed_payments, k.total_amount_usdc,
      k.unique_endpoints_used, k.last_payment_at
    )
  on conflict on constraint pk__erc8004_payment_counts do update
  set
    total_payments = excluded.total_payments + case when from_history then 0 else p.total_payments end,
    successful_payments = excluded.successful_payments + case when from_history then 0 else p.successful_payments end,
    failed_payments = excluded.failed_payments + case when from_history then 0 else p.failed_payments end,
    total_amount_usdc = excluded.total_amount_usdc + case when from_history then 0 else p.total_amount_usdc end,
    unique_endpoints_used = excluded.unique_endpoints_used + case when from_history then 0 else p.unique_endpoints_used end,
    last_payment_at = excluded.last_payment_at
  returning p.agent_uuid;
$$;

-- Delete the feedback counts of agents and turn their history into changes again, as of one snapshot:
-- their clients gave it to another owner. What the clients paid stays.
create or replace procedure erc8004_reset_feedback(agents uuid[])
language sql
begin atomic
  with feedback_counts as (
    delete from erc8004_feedback_counts as f where f.agent_uuid = any(agents)
  ),
  client_counts as (
    update erc8004_client_counts as c
    set
      total_feedback = 0, scored_feedback = 0, score_sum = 0, positive_feedback = 0,
      negative_feedback = 0, revoked_feedback = 0, rating_count = 0, rating_sum = 0,
      first_feedback_at = null, last_rating_at = null
    where c.agent_uuid = any(agents)
  ),
  feedback_changes as (
    delete from erc8004_feedback_changes as t where t.agent_uuid = any(agents)
  )
  insert into erc8004_feedback_changes
    (agent_uuid, client_address, sign, is_revoked, score, created_at, is_rating)
  select
    r.agent_uuid, r.client_address, 1, r.is_revoked, r.score, r.created_at,
    r.score is not null and not r.is_measurement
  from erc8004_reputation as r
  where r.agent_uuid = any(agents);
end;

-- Delete the counts of clients who neither gave feedback nor paid, after a count of the history.
create or replace procedure erc8004_delete_empty_counts()
language sql
begin atomic
  delete from erc8004_client_counts as c
  where c.total_feedback = 0
    and c.revoked_feedback = 0
    and c.paid_usdc = 0;
end;
