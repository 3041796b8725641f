-- A refresh at less cost: what is compared comes in order, and what is counted in all is
-- counted from an index.

-- Old and new rows of the view both come in the order of their agents, so that merging them
-- takes three quarters of the time of hashing them, given the memory to sort half a million.
create procedure erc8004_refresh_reputation()
language plpgsql
set enable_hashjoin = off
set work_mem = '128MB'
as $$
begin
  refresh materialized view concurrently mv_erc8004_agent_reputation;
end;
$$;

-- As before, but for where agents are counted: each has one row in search, whose index by
-- trust level, status and chain answers without a look at the rows.
create or replace function erc8004_totals() returns jsonb
language sql stable
begin atomic
  with counted as materialized (
    select trust_level, status, chain, count(*) as agents
    from erc8004_agent_search
    group by trust_level, status, chain
  )
  select jsonb_build_object(
    'agents', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object('chain', chain, 'status', status, 'agents', agents)
          order by chain, status
        )
        from (
          select chain, status, sum(agents)::bigint as agents
          from counted
          group by chain, status
        ) as by_chain
      ),
      '[]'
    ),
    'feedback', (select coalesce(sum(total_feedback), 0) from mv_erc8004_agent_reputation),
    'payments', (select coalesce(sum(total_payments), 0) from mv_erc8004_agent_payment_stats),
    'amount_usdc', (
      select coalesce(sum(total_amount_usdc), 0)::numeric(30, 6)::text
      from mv_erc8004_agent_payment_stats
    ),
    'trust_levels', (
      select coalesce(jsonb_object_agg(trust_level, agents), '{}')
      from (
        select trust_level, sum(agents)::bigint as agents
        from counted
        group by trust_level
      ) as by_trust_level
    )
  );
end;

-- As before, through the procedure above.
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

  delete from erc8004_stats_refreshes where began_at < began - interval '30 days';
  delete from idempotency_keys where created_at < began - interval '24 hours';

  insert into erc8004_stats_refreshes (
    began_at, ended_at, fold_seconds, reputation_seconds, payment_seconds, search_seconds, totals
  )
  values (
    began,
    clock_timestamp(),
    extract(epoch from folded - began),
    extract(epoch from reputation_done - folded),
    extract(epoch from payment_done - reputation_done),
    extract(epoch from search_done - payment_done),
    erc8004_totals()
  );
  return true;
end;
$$;
