-- The refresh of all statistics, and the record of when it ran.

create table erc8004_stats_refreshes (
  id bigint generated always as identity,
  began_at timestamptz not null,
  ended_at timestamptz not null,
  fold_seconds double precision not null,
  reputation_seconds double precision not null,
  payment_seconds double precision not null,
  search_seconds double precision not null,
  totals jsonb not null,

  constraint pk__erc8004_stats_refreshes primary key (id),
  constraint ck__erc8004_stats_refreshes__ends_after_it_begins check (began_at <= ended_at)
);

create index ix__erc8004_stats_refreshes__began on erc8004_stats_refreshes (began_at);

-- When the statistics were computed: all that was committed before is in them.
create function erc8004_stats_as_of() returns timestamptz
language sql stable parallel safe
return (select max(began_at) from erc8004_stats_refreshes);

create function erc8004_totals() returns jsonb
language sql stable
begin atomic
  select jsonb_build_object(
    'agents', coalesce(
      (
        select jsonb_agg(
          jsonb_build_object('chain', chain, 'status', status, 'agents', agents)
          order by chain, status
        )
        from (
          select chain, status, count(*) as agents
          from erc8004_agents
          group by chain, status
        ) as counted
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
        select trust_level, count(*) as agents
        from erc8004_agent_search
        group by trust_level
      ) as counted
    )
  );
end;

-- Brings search up to the materialized views for the given agents, touching only what differs.
create procedure erc8004_refresh_search(agents uuid[])
language sql
begin atomic
  update erc8004_agent_search as s
  set
    last_activity_at = v.last_activity_at,
    total_feedback = v.total_feedback,
    average_score = v.average_score,
    total_payments = v.total_payments,
    success_rate = v.success_rate,
    trust_level = v.trust_level
  from v_erc8004_agent_stats as v
  where s.agent_uuid = any(agents)
    and v.agent_uuid = s.agent_uuid
    and (
      s.last_activity_at, s.total_feedback, s.average_score,
      s.total_payments, s.success_rate, s.trust_level
    ) is distinct from (
      v.last_activity_at, v.total_feedback, v.average_score,
      v.total_payments, v.success_rate, v.trust_level
    );
end;

-- Refreshes every statistic and records when; true if it did, false if another
-- refresh was running already, behind which it does not queue up. What it costs follows
-- the writes since the last one; from_history counts everything anew, to the same figures.
create function refresh_erc8004_stats(from_history boolean default false) returns boolean
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

  refresh materialized view concurrently mv_erc8004_agent_reputation;
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

select refresh_erc8004_stats();
