-- All counts of a refresh, step by step, under its lock.

-- Return whether the counts are by an older version of the rule, or were never made.
create or replace function erc8004_is_rule_new() returns boolean
language sql stable
begin atomic
  select (
    select f.rule_version from erc8004_stats_refreshes as f order by f.id desc limit 1
  ) is distinct from erc8004_rule_version();
end;

-- Return the tables in which a refresh looks up rows by the changes.
create or replace function erc8004_counted_tables() returns regclass[]
language sql stable
return array[
  'erc8004_agents', 'erc8004_client_counts', 'erc8004_feedback_counts', 'erc8004_endpoint_counts',
  'erc8004_payment_counts', 'erc8004_money_flows', 'erc8004_rated_parties', 'erc8004_reviewers',
  'erc8004_evidence', 'erc8004_agent_search', 'erc8004_trust_history',
  'mv_erc8004_agent_reputation', 'mv_erc8004_agent_payment_stats'
]::regclass[];

-- Update the planner's statistics of tables that it believes to be empty, or to which this transaction
-- added many rows: with old statistics it would read the whole table for each row.
create or replace procedure erc8004_analyze_filled(tables regclass[])
language plpgsql
as $$
declare
  filled regclass;
begin
  for filled in
    select c.oid::regclass
    from pg_catalog.pg_class as c
    where c.oid = any(tables)
      and (
        c.reltuples <= 0
        or pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) > 50 + c.reltuples / 10
      )
  loop
    execute format('analyze %s', filled);
  end loop;
end;
$$;

-- Return the agents that became stale since the last refresh: their counts did not change.
create or replace function erc8004_agents_gone_stale(as_of timestamptz) returns setof uuid
language sql stable
begin atomic
  select f.agent_uuid
  from erc8004_feedback_counts as f
  where f.last_backed_at < as_of - erc8004_stale_time()
    and f.last_backed_at >= (
      select r.began_at from erc8004_stats_refreshes as r order by r.id desc limit 1
    ) - erc8004_stale_time();
end;

-- Count the whole history, and write the counts, evidence and reviewers that differ. The sums over all
-- agents and clients need memory.
create or replace procedure erc8004_count_history(as_of timestamptz)
language plpgsql
set work_mem = '128MB'
set jit = off
as $$
begin
  call erc8004_analyze_filled(erc8004_counted_tables());
  delete from erc8004_owner_changes;
  delete from erc8004_pair_changes;
  perform erc8004_fold_feedback(true);
  call erc8004_analyze_filled(
    array['erc8004_client_counts', 'erc8004_feedback_counts']::regclass[]
  );
  perform erc8004_fold_payments(true);
  call erc8004_delete_empty_counts();
  call erc8004_analyze_filled(
    array['erc8004_endpoint_counts', 'erc8004_payment_counts', 'erc8004_money_flows']::regclass[]
  );
  perform erc8004_count_parties(true);
  call erc8004_analyze_filled(array['erc8004_rated_parties']::regclass[]);
  perform erc8004_recount_reviewers(as_of);
  call erc8004_analyze_filled(array['erc8004_reviewers']::regclass[]);
  perform erc8004_count_evidence(true);
  call erc8004_analyze_filled(array['erc8004_evidence']::regclass[]);
end;
$$;

-- Fold all changes into the counts, reviewers and evidence; return the agents whose statistics changed.
-- What changed is looked up by indexes, however much the planner believes there is.
create or replace function erc8004_count_changes(as_of timestamptz) returns uuid[]
language plpgsql
set enable_seqscan = off
as $$
declare
  changed uuid[];
begin
  call erc8004_analyze_filled(erc8004_counted_tables());
  changed := erc8004_withdraw_voices();
  changed := changed || array(select erc8004_fold_feedback(false));
  call erc8004_analyze_filled(
    array['erc8004_client_counts', 'erc8004_feedback_counts']::regclass[]
  );
  changed := changed || array(select erc8004_fold_payments(false));
  call erc8004_analyze_filled(
    array['erc8004_endpoint_counts', 'erc8004_payment_counts', 'erc8004_money_flows']::regclass[]
  );
  perform erc8004_count_parties(false);
  call erc8004_analyze_filled(array['erc8004_rated_parties']::regclass[]);
  perform erc8004_count_reviewers();
  call erc8004_analyze_filled(array['erc8004_reviewers']::regclass[]);
  perform erc8004_classify_reviewers(as_of);
  changed := changed || array(select erc8004_count_evidence(false));
  call erc8004_analyze_filled(array['erc8004_evidence']::regclass[]);
  return array(
    select distinct c.agent_uuid
    from unnest(changed || array(select erc8004_agents_gone_stale(as_of))) as c (agent_uuid)
  );
end;
$$;

-- Count what changed, or the whole history, and the scores. Return the agents whose statistics may have
-- changed.
create or replace function erc8004_count_all(as_of timestamptz, from_history boolean) returns uuid[]
language plpgsql
as $$
declare
  changed uuid[];
begin
  if from_history then
    call erc8004_count_history(as_of);
    changed := array(select agent_uuid from erc8004_agent_search);
  else
    changed := erc8004_count_changes(as_of);
  end if;
  call erc8004_count_scores(changed);
  return changed;
end;
$$;
