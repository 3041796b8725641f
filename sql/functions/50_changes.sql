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

-- Return what a row of feedback adds to the counts, if its sign is 1, or subtracts, if it is -1.
create or replace function erc8004_feedback_contribution(
  sign smallint, is_revoked boolean, score numeric, is_rating boolean
)
returns table (
  total_feedback integer,
  scored_feedback integer,
  score_sum numeric,
  positive_feedback integer,
  negative_feedback integer,
  revoked_feedback integer,
  rating_count integer,
  rating_sum bigint
)
language sql immutable parallel safe
begin atomic
  select
    case when not is_revoked then sign else 0 end,
    case when not is_revoked and score is not null then sign else 0 end,
    case when not is_revoked then sign * coalesce(score, 0) else 0 end,
    case when not is_revoked and erc8004_is_positive(score) then sign else 0 end,
    case when not is_revoked and erc8004_is_negative(score) then sign else 0 end,
    case when is_revoked then sign else 0 end,
    case when is_rating and not is_revoked then sign else 0 end,
    case when is_rating and not is_revoked then sign * (score * 100)::bigint else 0 end;
end;

-- What each change of feedback adds to the counts.
create or replace view erc8004_feedback_contributions as
select
  t.agent_uuid,
  t.client_address,
  c.total_feedback,
  c.scored_feedback,
  c.score_sum,
  c.positive_feedback,
  c.negative_feedback,
  c.revoked_feedback,
  c.rating_count,
  c.rating_sum,
  t.created_at
from erc8004_feedback_changes as t
cross join lateral erc8004_feedback_contribution(
  t.sign, t.is_revoked, t.score, t.is_rating
) as c;

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

-- Return what a payment adds to the counts, if its sign is 1, or subtracts, if it is -1.
create or replace function erc8004_payment_contribution(
  sign smallint, status text, amount_usdc numeric
)
returns table (
  total_payments smallint,
  successful_payments integer,
  failed_payments integer,
  total_amount_usdc numeric
)
language sql immutable parallel safe
begin atomic
  select
    sign,
    case when status = 'verified' then sign else 0 end,
    case when status in ('failed', 'rejected') then sign else 0 end,
    case when status = 'verified' then sign * amount_usdc else 0 end;
end;

-- What each change of a payment adds to the counts.
create or replace view erc8004_payment_contributions as
select
  t.agent_uuid,
  md5(t.endpoint)::uuid as endpoint_hash,
  c.total_payments,
  c.successful_payments,
  c.failed_payments,
  c.total_amount_usdc,
  t.chain,
  t.payer_address,
  t.payee_address
from erc8004_payment_changes as t
cross join lateral erc8004_payment_contribution(t.sign, t.status, t.amount_usdc) as c;
