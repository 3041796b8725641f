-- Each write of feedback or of a payment inserts change rows; the views below define what each
-- change row adds to which count.

-- Insert the change rows of a statement: a new row adds one, a deleted row subtracts one, an
-- updated row does both.
create or replace function erc8004_record_feedback_changes() returns trigger
language plpgsql
as $$
begin
  if tg_op <> 'INSERT' then
    insert into erc8004_feedback_changes
      (agent_uuid, client_address, sign, is_revoked, score, created_at, is_rating)
    select
      agent_uuid, client_address, -1, is_revoked, score, created_at,
      score is not null and not is_measurement
    from old_rows;
  end if;
  if tg_op <> 'DELETE' then
    insert into erc8004_feedback_changes
      (agent_uuid, client_address, sign, is_revoked, score, created_at, is_rating)
    select
      agent_uuid, client_address, 1, is_revoked, score, created_at,
      score is not null and not is_measurement
    from new_rows;
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_reputation__inserted
after insert on erc8004_reputation
referencing new table as new_rows
for each statement execute function erc8004_record_feedback_changes();

create or replace trigger tr__erc8004_reputation__updated
after update on erc8004_reputation
referencing old table as old_rows new table as new_rows
for each statement execute function erc8004_record_feedback_changes();

create or replace trigger tr__erc8004_reputation__deleted
after delete on erc8004_reputation
referencing old table as old_rows
for each statement execute function erc8004_record_feedback_changes();

-- What each change of feedback adds to the counts: +1 or -1 if it counts, else 0.
create or replace view erc8004_feedback_contributions as
select
  t.agent_uuid,
  t.client_address,
  case when not t.is_revoked then t.sign else 0 end as total_feedback,
  case when not t.is_revoked and t.score is not null then t.sign else 0 end as scored_feedback,
  case when not t.is_revoked then t.sign * coalesce(t.score, 0) else 0 end as score_sum,
  case when not t.is_revoked and erc8004_is_positive(t.score) then t.sign else 0 end
    as positive_feedback,
  case when not t.is_revoked and erc8004_is_negative(t.score) then t.sign else 0 end
    as negative_feedback,
  case when t.is_revoked then t.sign else 0 end as revoked_feedback,
  case when t.is_rating and not t.is_revoked then t.sign else 0 end as rating_count,
  case when t.is_rating and not t.is_revoked then t.sign * (t.score * 100)::bigint else 0 end
    as rating_sum,
  t.created_at,
  t.sign
from erc8004_feedback_changes as t;

-- The same for payments.
create or replace function erc8004_record_payment_changes() returns trigger
language plpgsql
as $$
begin
  if tg_op <> 'INSERT' then
    insert into erc8004_payment_changes
      (
        agent_uuid, sign, status, amount_usdc, endpoint, created_at, chain, payer_address,
        payee_address
      )
    select
      agent_uuid, -1, status, amount_usdc, endpoint, created_at, chain, payer_address,
      payee_address
    from old_rows;
  end if;
  if tg_op <> 'DELETE' then
    insert into erc8004_payment_changes
      (
        agent_uuid, sign, status, amount_usdc, endpoint, created_at, chain, payer_address,
        payee_address
      )
    select
      agent_uuid, 1, status, amount_usdc, endpoint, created_at, chain, payer_address,
      payee_address
    from new_rows;
  end if;
  return null;
end;
$$;

create or replace trigger tr__erc8004_agent_payments__inserted
after insert on erc8004_agent_payments
referencing new table as new_rows
for each statement execute function erc8004_record_payment_changes();

create or replace trigger tr__erc8004_agent_payments__updated
after update on erc8004_agent_payments
referencing old table as old_rows new table as new_rows
for each statement execute function erc8004_record_payment_changes();

create or replace trigger tr__erc8004_agent_payments__deleted
after delete on erc8004_agent_payments
referencing old table as old_rows
for each statement execute function erc8004_record_payment_changes();

-- What each change of a payment adds to the counts.
create or replace view erc8004_payment_contributions as
select
  t.agent_uuid,
  md5(t.endpoint)::uuid as endpoint_hash,
  t.sign as total_payments,
  case when t.status = 'verified' then t.sign else 0 end as successful_payments,
  case when t.status in ('failed', 'rejected') then t.sign else 0 end as failed_payments,
  case when t.status = 'verified' then t.sign * t.amount_usdc else 0 end as total_amount_usdc,
  t.chain,
  t.payer_address,
  t.payee_address
from erc8004_payment_changes as t;
