-- The fold of payments, and what deletes counts before they are made anew.

-- Fold the payment changes that this statement sees, or count the history that it sees instead; return
-- the agents whose counts changed. What was paid on a testnet is no money to an agent of a mainnet, and
-- came back from nobody.
create or replace function erc8004_fold_payments(from_history boolean) returns setof uuid
language sql
as $$
  with deleted as (
    delete from erc8004_payment_changes
    returning
      agent_uuid, sign, status, amount_usdc, endpoint, chain, payer_address, payee_address
  ),
  changes as (
    select
      d.agent_uuid, d.sign, d.status, d.amount_usdc, d.endpoint, d.chain, d.payer_address,
      d.payee_address
    from deleted as d
    where not from_history
    union all
    select
      p.agent_uuid, 1::smallint, p.status, p.amount_usdc, p.endpoint, p.chain, p.payer_address,
      p.payee_address
    from erc8004_agent_payments as p
    where from_history
  ),
  existing as materialized (
    select
      t.agent_uuid, md5(t.endpoint)::uuid as endpoint_hash, c.total_payments,
      c.successful_payments, c.failed_payments, c.total_amount_usdc, t.payer_address,
      t.payee_address, paid.is_testnet, paid.is_testnet <= own.is_testnet as is_money
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
    on conflict on constraint pk__erc8004_client_counts do update
    set paid_usdc = c.paid_usdc + excluded.paid_usdc
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
    on conflict on constraint pk__erc8004_money_flows do update
    set paid_usdc = m.paid_usdc + excluded.paid_usdc
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
      sum(s.total_amount_usdc) as total_amount_usdc
    from existing as s
    group by s.agent_uuid, s.endpoint_hash
  ),
  endpoints as (
    insert into erc8004_endpoint_counts as e (agent_uuid, endpoint_hash, total_payments)
    select b.agent_uuid, b.endpoint_hash, b.total_payments
    from by_endpoint as b
    where b.endpoint_hash is not null
    on conflict on constraint pk__erc8004_endpoint_counts do update
    set total_payments = e.total_payments + excluded.total_payments
  ),
  by_agent as (
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
      ) as unique_endpoints_used
    from by_endpoint as b
    left join erc8004_endpoint_counts as e using (agent_uuid, endpoint_hash)
    group by b.agent_uuid
  )
  insert into erc8004_payment_counts as p (
    agent_uuid, total_payments, successful_payments, failed_payments, total_amount_usdc,
    unique_endpoints_used, last_payment_at
  )
  select
    b.agent_uuid, b.total_payments, b.successful_payments, b.failed_payments,
    b.total_amount_usdc, b.unique_endpoints_used, erc8004_last_payment_at(b.agent_uuid)
  from by_agent as b
  on conflict on constraint pk__erc8004_payment_counts do update
  set
    total_payments = p.total_payments + excluded.total_payments,
    successful_payments = p.successful_payments + excluded.successful_payments,
    failed_payments = p.failed_payments + excluded.failed_payments,
    total_amount_usdc = p.total_amount_usdc + excluded.total_amount_usdc,
    unique_endpoints_used = p.unique_endpoints_used + excluded.unique_endpoints_used,
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

-- Delete all counts and the changes that are in them, before the folds count the history.
create or replace procedure erc8004_reset_counts()
language sql
begin atomic
  delete from erc8004_owner_changes;
  delete from erc8004_pair_changes;
  delete from erc8004_feedback_counts;
  delete from erc8004_client_counts;
  delete from erc8004_payment_counts;
  delete from erc8004_endpoint_counts;
  delete from erc8004_reviewers;
  delete from erc8004_evidence;
  delete from erc8004_rated_parties;
  delete from erc8004_money_flows;
end;
