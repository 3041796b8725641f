-- The refresh of all statistics.

-- Return when the statistics were computed: they contain everything that was committed before.
-- PL/pgSQL caches the plan; a function in SQL would be planned again for each call.
create or replace function erc8004_stats_as_of() returns timestamptz
language plpgsql stable parallel safe
as $$
begin
  return (select f.began_at from erc8004_stats_refreshes as f order by f.id desc limit 1);
end;
$$;

-- Return the number of the newest refresh, as text that sorts like the number. Cached answers
-- contain it.
create or replace function erc8004_stats_refresh_number() returns text
language plpgsql stable parallel safe
as $$
begin
  return lpad(coalesce((select max(f.id) from erc8004_stats_refreshes as f), 0)::text, 19, '0');
end;
$$;

-- Return the totals over all agents as of this refresh. Claimed agents are counted separately.
create or replace function erc8004_totals() returns jsonb
language sql stable
begin atomic
  with counted as materialized (
    select trust_level, status, chain, claimed, count(*) as agents
    from erc8004_agent_search
    group by trust_level, status, chain, claimed
  )
  select jsonb_build_object(
    'agents', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object(
            'chain', chain, 'status', status, 'agents', agents, 'claimed', claimed_agents
          )
          order by chain, status
        )
        from (
          select
            chain,
            status,
            sum(agents)::bigint as agents,
            coalesce(sum(agents) filter (where claimed), 0)::bigint as claimed_agents
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

-- Write the new statistics of some agents to their search rows, then their last activity once more:
-- the first statement waits for a concurrent change of an agent and then overwrites its time with
-- the older one of the view. No other change can follow before the second, as the rows are locked.
create or replace procedure erc8004_refresh_search(agents uuid[])
language sql
begin atomic
  update erc8004_agent_search as s
  set
    last_activity_at = v.last_activity_at,
    total_feedback = v.total_feedback,
    average_score = v.average_score,
    total_payments = v.total_payments,
    success_rate = v.success_rate,
    trust_level = v.trust_level,
    score = v.score,
    score_low = v.score_low,
    score_high = v.score_high,
    effective_reviewers = v.effective_reviewers,
    paying_reviewers = v.paying_reviewers,
    caveats = array_remove(array_remove(v.caveats, 'TESTNET'), 'CLAIMED')
  from v_erc8004_agent_stats as v
  where s.agent_uuid = any(agents)
    and v.agent_uuid = any(agents)
    and v.agent_uuid = s.agent_uuid
    and (
      s.last_activity_at, s.total_feedback, s.average_score,
      s.total_payments, s.success_rate, s.trust_level,
      s.score, s.score_low, s.score_high, s.effective_reviewers, s.paying_reviewers,
      s.caveats
    ) is distinct from (
      v.last_activity_at, v.total_feedback, v.average_score,
      v.total_payments, v.success_rate, v.trust_level,
      round(v.score, 2), round(v.score_low, 2), round(v.score_high, 2),
      round(v.effective_reviewers, 2), v.paying_reviewers,
      array_remove(array_remove(v.caveats, 'TESTNET'), 'CLAIMED')
    );

  update erc8004_agent_search as s
  set last_activity_at = a.last_activity_at
  from erc8004_agents as a
  where s.agent_uuid = any(agents)
    and a.id = s.agent_uuid
    and s.last_activity_at < a.last_activity_at;
end;

-- Record the trust in agents whose level is another than the last that was recorded, or whose score or
-- interval is by a whole point. Nothing is recorded of an agent before anything is known of it. The last
-- record is looked up by the index: a scan would read what this statement itself inserts, for each agent.
create or replace procedure erc8004_record_trust(agents uuid[], as_of timestamptz)
language sql
set enable_seqscan = off
begin atomic
  insert into erc8004_trust_history as h (
    agent_uuid, day, recorded_at, rule_version, trust_level, score, score_low, score_high,
    effective_reviewers, paying_reviewers, total_feedback, total_payments, success_rate, caveats
  )
  select
    s.agent_uuid, (as_of at time zone 'UTC')::date, as_of, erc8004_rule_version(), s.trust_level,
    s.score, s.score_low, s.score_high, s.effective_reviewers, s.paying_reviewers,
    s.total_feedback, s.total_payments, s.success_rate, s.caveats
  from erc8004_agent_search as s
  left join lateral (
    select l.trust_level, l.score, l.score_low, l.score_high
    from erc8004_trust_history as l
    where l.agent_uuid = s.agent_uuid
    order by l.day desc
    limit 1
  ) as l on true
  where s.agent_uuid = any(agents)
    and (s.trust_level, round(s.score), round(s.score_low), round(s.score_high))
      is distinct from (
        coalesce(l.trust_level, 'new'), round(l.score), round(l.score_low), round(l.score_high)
      )
  on conflict on constraint pk__erc8004_trust_history do update
  set
    recorded_at = excluded.recorded_at,
    rule_version = excluded.rule_version,
    trust_level = excluded.trust_level,
    score = excluded.score,
    score_low = excluded.score_low,
    score_high = excluded.score_high,
    effective_reviewers = excluded.effective_reviewers,
    paying_reviewers = excluded.paying_reviewers,
    total_feedback = excluded.total_feedback,
    total_payments = excluded.total_payments,
    success_rate = excluded.success_rate,
    caveats = excluded.caveats;
end;

-- Write the new statistics of agents that changed, and record their trust. They are looked up by indexes,
-- however much the planner believes there is.
create or replace procedure erc8004_write_changed(agents uuid[], as_of timestamptz)
language plpgsql
set enable_seqscan = off
as $$
begin
  call erc8004_refresh_search(agents);
  call erc8004_record_trust(agents, as_of);
end;
$$;

-- Refresh the larger materialized view. Its old and new rows are already sorted by agent, so a
-- merge join takes three quarters of the time of a hash join, if it has the memory to sort half a
-- million rows.
create or replace procedure erc8004_refresh_reputation()
language plpgsql
set enable_hashjoin = off
set work_mem = '128MB'
as $$
begin
  refresh materialized view concurrently mv_erc8004_agent_reputation;
end;
$$;

-- Refresh all statistics; return false if another refresh is running. `from_history` rebuilds the
-- counts from the whole history instead of from the changes, as does a new version of the rule. Only the newest ten thousand records
-- remain, which is a month with a refresh every five minutes.
create or replace function refresh_erc8004_stats(from_history boolean default false) returns boolean
language plpgsql
as $$
declare
  began constant timestamptz := clock_timestamp();
  of_all constant boolean := from_history or erc8004_is_rule_new();
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

  changed := erc8004_count_all(began, of_all);
  folded := clock_timestamp();

  call erc8004_refresh_reputation();
  reputation_done := clock_timestamp();

  refresh materialized view concurrently mv_erc8004_agent_payment_stats;
  payment_done := clock_timestamp();

  -- The projection of a chain changes many of the rows below in another order.
  perform pg_advisory_xact_lock(hashtext('erc8004_agent_search'));
  update erc8004_validations
  set status = 'expired'
  where status = 'pending' and expires_at <= began;

  call erc8004_analyze_filled(
    array['mv_erc8004_agent_reputation', 'mv_erc8004_agent_payment_stats']::regclass[]
  );
  if of_all then
    call erc8004_refresh_search(changed);
    call erc8004_record_trust(changed, began);
  else
    call erc8004_write_changed(changed, began);
  end if;
  call erc8004_analyze_filled(array['erc8004_trust_history']::regclass[]);
  search_done := clock_timestamp();

  delete from idempotency_keys where created_at < began - interval '24 hours';

  insert into erc8004_stats_refreshes (
    began_at, ended_at, fold_seconds, reputation_seconds, payment_seconds, search_seconds, totals,
    rule_version
  )
  values (
    began,
    greatest(began, clock_timestamp()),
    extract(epoch from folded - began),
    extract(epoch from reputation_done - folded),
    extract(epoch from payment_done - reputation_done),
    extract(epoch from search_done - payment_done),
    erc8004_totals(),
    erc8004_rule_version()
  )
  returning id into number;
  delete from erc8004_stats_refreshes where id <= number - 10000;
  return true;
end;
$$;
