-- Refreshes follow each other by their number, which the database gives them, never by a clock:
-- one that ran while the clock was ahead stays the newest for none but itself.

-- When the statistics were computed: all that was committed before is in them. PL/pgSQL keeps the
-- plan, where a function in SQL would make it anew for every answer.
create or replace function erc8004_stats_as_of() returns timestamptz
language plpgsql stable parallel safe
as $$
begin
  return (select f.began_at from erc8004_stats_refreshes as f order by f.id desc limit 1);
end;
$$;

-- The number of the newest refresh, as text that sorts as the numbers do: what is cached is stamped
-- with it.
create function erc8004_stats_refresh_number() returns text
language plpgsql stable parallel safe
as $$
begin
  return lpad(coalesce((select max(f.id) from erc8004_stats_refreshes as f), 0)::text, 19, '0');
end;
$$;

-- As before, but for two things: of the records the newest ten thousand are kept, a month of one
-- every five minutes, whatever the clock shows; and a clock that is set back meanwhile ends no refresh.
create or replace function refresh_erc8004_stats(from_history boolean default false) returns boolean
language plpgsql
as $$
declare
  began constant timestamptz := clock_timestamp();
  changed uuid[];
  folded timestamptz;
  reputation_done timestamptz;
  payment_done timestamptz;
  search_done timestamptz;
  number bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('refresh_erc8004_stats')) then
    return false;
  end if;

  if from_history then
    call erc8004_unfold();
  end if;
  changed := array(
    select erc8004_fold_feedback()
    union
    select erc8004_fold_payments()
  );
  if from_history then
    changed := array(select agent_uuid from erc8004_agent_search);
  end if;
  folded := clock_timestamp();

  call erc8004_refresh_reputation();
  reputation_done := clock_timestamp();

  refresh materialized view concurrently mv_erc8004_agent_payment_stats;
  payment_done := clock_timestamp();

  update erc8004_validations
  set status = 'expired'
  where status = 'pending' and expires_at <= began;

  call erc8004_refresh_search(changed);
  search_done := clock_timestamp();

  delete from idempotency_keys where created_at < began - interval '24 hours';

  insert into erc8004_stats_refreshes (
    began_at, ended_at, fold_seconds, reputation_seconds, payment_seconds, search_seconds, totals
  )
  values (
    began,
    greatest(began, clock_timestamp()),
    extract(epoch from folded - began),
    extract(epoch from reputation_done - folded),
    extract(epoch from payment_done - reputation_done),
    extract(epoch from search_done - payment_done),
    erc8004_totals()
  )
  returning id into number;
  delete from erc8004_stats_refreshes where id <= number - 10000;
  return true;
end;
$$;

-- Nothing looks for a refresh by its time any more.
drop index ix__erc8004_stats_refreshes__began;
