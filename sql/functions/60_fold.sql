-- The fold: delete the change rows and add them to the counts, in one statement. Only one fold runs
-- at a time, as the refresh holds a lock.
--
-- The bodies of the two folds are text instead of parsed SQL (begin atomic): pg_dump writes a
-- parsed body with two upserts in a form that cannot be restored.

-- Return when an agent last got feedback that is not revoked, by one lookup in an index.
create or replace function erc8004_last_feedback_at(agent uuid) returns timestamptz
language sql stable parallel safe
begin atomic
  select r.created_at
  from erc8004_reputation as r
  where r.agent_uuid = agent
    and not r.is_revoked
  order by r.created_at desc, r.id desc
  limit 1;
end;

-- Return when an agent last got a payment, by one lookup in an index.
create or replace function erc8004_last_payment_at(agent uuid) returns timestamptz
language sql stable parallel safe
begin atomic
  select p.created_at
  from erc8004_agent_payments as p
  where p.agent_uuid = agent
  order by p.created_at desc, p.id desc
  limit 1;
end;

-- Fold the feedback changes that this statement sees; return the agents whose counts changed.
create or replace function erc8004_fold_feedback() returns setof uuid
language sql
as $$
  with deleted as (
    delete from erc8004_feedback_contributions
    returning
      agent_uuid, client_address, total_feedback, scored_feedback, score_sum,
      positive_feedback, negative_feedback, revoked_feedback
  ),
  by_client as (
    select
      t.agent_uuid,
      t.client_address,
      sum(t.total_feedback) as total_feedback,
      sum(t.scored_feedback) as scored_feedback,
      sum(t.score_sum) as score_sum,
      sum(t.positive_feedback) as positive_feedback,
      sum(t.negative_feedback) as negative_feedback,
      sum(t.revoked_feedback) as revoked_feedback
    from deleted as t
    join erc8004_agents as a on a.id = t.agent_uuid
    group by t.agent_uuid, t.client_address
  ),
  clients as (
    insert into erc8004_client_counts as c (
      agent_uuid, client_address, total_feedback, scored_feedback, score_sum,
      positive_feedback, negative_feedback, revoked_feedback
    )
    select
      b.agent_uuid, b.client_address, b.total_feedback, b.scored_feedback, b.score_sum,
      b.positive_feedback, b.negative_feedback, b.revoked_feedback
    from by_client as b
    on conflict on constraint pk__erc8004_client_counts do update
    set
      total_feedback = c.total_feedback + excluded.total_feedback,
      scored_feedback = c.scored_feedback + excluded.scored_feedback,
      score_sum = c.score_sum + excluded.score_sum,
      positive_feedback = c.positive_feedback + excluded.positive_feedback,
      negative_feedback = c.negative_feedback + excluded.negative_feedback,
      revoked_feedback = c.revoked_feedback + excluded.revoked_feedback
  ),
  by_agent as (
    select
      b.agent_uuid,
      sum(b.total_feedback) as total_feedback,
      sum(b.scored_feedback) as scored_feedback,
      sum(b.score_sum) as score_sum,
      sum(b.positive_feedback) as positive_feedback,
      sum(b.negative_feedback) as negative_feedback,
      sum(b.revoked_feedback) as revoked_feedback,
      -- The counts before this fold: a statement does not see what its parts write.
      sum(
        (coalesce(c.total_feedback, 0) + b.total_feedback > 0)::int
        - (coalesce(c.total_feedback, 0) > 0)::int
      ) as unique_clients
    from by_client as b
    left join erc8004_client_counts as c using (agent_uuid, client_address)
    group by b.agent_uuid
  )
  insert into erc8004_feedback_counts as f (
    agent_uuid, total_feedback, scored_feedback, score_sum, positive_feedback,
    negative_feedback, revoked_feedback, unique_clients, last_feedback_at
  )
  select
    b.agent_uuid, b.total_feedback, b.scored_feedback, b.score_sum, b.positive_feedback,
    b.negative_feedback, b.revoked_feedback, b.unique_clients,
    erc8004_last_feedback_at(b.agent_uuid)
  from by_agent as b
  on conflict on constraint pk__erc8004_feedback_counts do update
  set
    total_feedback = f.total_feedback + excluded.total_feedback,
    scored_feedback = f.scored_feedback + excluded.scored_feedback,
    score_sum = f.score_sum + excluded.score_sum,
    positive_feedback = f.positive_feedback + excluded.positive_feedback,
    negative_feedback = f.negative_feedback + excluded.negative_feedback,
    revoked_feedback = f.revoked_feedback + excluded.revoked_feedback,
    unique_clients = f.unique_clients + excluded.unique_clients,
    last_feedback_at = excluded.last_feedback_at
  returning f.agent_uuid;
$$;

-- Fold the payment changes that this statement sees; return the agents whose counts changed.
create or replace function erc8004_fold_payments() returns setof uuid
language sql
as $$
  with deleted as (
    delete from erc8004_payment_contributions
    returning
      agent_uuid, endpoint_hash, total_payments, successful_payments, failed_payments,
      total_amount_usdc
  ),
  existing as (
    select
      t.agent_uuid, t.endpoint_hash, t.total_payments, t.successful_payments,
      t.failed_payments, t.total_amount_usdc
    from deleted as t
    join erc8004_agents as a on a.id = t.agent_uuid
  ),
  by_endpoint as (
    select s.agent_uuid, s.endpoint_hash, sum(s.total_payments) as total_payments
    from existing as s
    where s.endpoint_hash is not null
    group by s.agent_uuid, s.endpoint_hash
  ),
  endpoints as (
    insert into erc8004_endpoint_counts as e (agent_uuid, endpoint_hash, total_payments)
    select b.agent_uuid, b.endpoint_hash, b.total_payments
    from by_endpoint as b
    on conflict on constraint pk__erc8004_endpoint_counts do update
    set total_payments = e.total_payments + excluded.total_payments
  ),
  endpoints_by_agent as (
    select
      b.agent_uuid,
      sum(
        (coalesce(e.total_payments, 0) + b.total_payments > 0)::int
        - (coalesce(e.total_payments, 0) > 0)::int
      ) as unique_endpoints_used
    from by_endpoint as b
    left join erc8004_endpoint_counts as e using (agent_uuid, endpoint_hash)
    group by b.agent_uuid
  ),
  by_agent as (
    select
      s.agent_uuid,
      sum(s.total_payments) as total_payments,
      sum(s.successful_payments) as successful_payments,
      sum(s.failed_payments) as failed_payments,
      sum(s.total_amount_usdc) as total_amount_usdc
    from existing as s
    group by s.agent_uuid
  )
  insert into erc8004_payment_counts as p (
    agent_uuid, total_payments, successful_payments, failed_payments, total_amount_usdc,
    unique_endpoints_used, last_payment_at
  )
  select
    b.agent_uuid, b.total_payments, b.successful_payments, b.failed_payments,
    b.total_amount_usdc, coalesce(e.unique_endpoints_used, 0),
    erc8004_last_payment_at(b.agent_uuid)
  from by_agent as b
  left join endpoints_by_agent as e using (agent_uuid)
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

-- Delete all counts and turn each row of history into a change again, for a full rebuild. One
-- statement, so that what it deletes and what it reads belong to one snapshot.
create or replace procedure erc8004_reset_counts()
language sql
begin atomic
  with feedback_counts as (delete from erc8004_feedback_counts),
  client_counts as (delete from erc8004_client_counts),
  payment_counts as (delete from erc8004_payment_counts),
  endpoint_counts as (delete from erc8004_endpoint_counts),
  feedback_changes as (delete from erc8004_feedback_changes),
  payment_changes as (delete from erc8004_payment_changes),
  feedback as (
    insert into erc8004_feedback_changes
      (agent_uuid, client_address, sign, is_revoked, score, created_at)
    select r.agent_uuid, r.client_address, 1, r.is_revoked, r.score, r.created_at
    from erc8004_reputation as r
  )
  insert into erc8004_payment_changes
    (agent_uuid, sign, status, amount_usdc, endpoint, created_at)
  select p.agent_uuid, 1, p.status, p.amount_usdc, p.endpoint, p.created_at
  from erc8004_agent_payments as p;
end;
