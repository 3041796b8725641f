-- All counts of a refresh, step by step, under its lock.

-- Return whether the counts are by an older version of the rule, or were never made.
create or replace function erc8004_is_rule_new() returns boolean
language sql stable
begin atomic
  select (
    select f.rule_version from erc8004_stats_refreshes as f order by f.id desc limit 1
  ) is distinct from erc8004_rule_version();
end;

-- Return whether the planner believes that there are no counts: it never saw any, or they were deleted.
-- For each of many it would then read all the others.
create or replace function erc8004_are_counts_unknown() returns boolean
language sql stable
begin atomic
  select bool_or(c.reltuples <= 0)
  from pg_catalog.pg_class as c
  where c.oid in ('erc8004_client_counts'::regclass, 'erc8004_feedback_counts'::regclass);
end;

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

-- Fold all changes into the counts, evidence and scores, or count the whole history. Return the agents
-- whose statistics changed. If the planner knows nothing of the counts, it is told what each step filled.
create or replace function erc8004_count_all(as_of timestamptz, from_history boolean) returns uuid[]
language plpgsql
as $$
declare
  changed uuid[] := '{}';
  are_unknown constant boolean := from_history or erc8004_are_counts_unknown();
begin
  if from_history then
    call erc8004_reset_counts();
  else
    changed := erc8004_withdraw_voices();
  end if;
  changed := changed || array(select erc8004_fold_feedback(from_history));
  changed := changed || array(select erc8004_fold_payments(from_history));
  if are_unknown then
    analyze erc8004_client_counts, erc8004_feedback_counts, erc8004_money_flows;
  end if;
  perform erc8004_count_parties(from_history);
  if are_unknown then
    analyze erc8004_rated_parties;
  end if;
  perform erc8004_count_reviewers(from_history);
  if are_unknown then
    analyze erc8004_reviewers;
  end if;
  perform erc8004_classify_reviewers(as_of, from_history);
  changed := changed || array(select erc8004_count_evidence(from_history));
  if are_unknown then
    analyze erc8004_evidence;
  end if;
  if from_history then
    changed := array(select agent_uuid from erc8004_agent_search);
  else
    changed := array(
      select distinct c.agent_uuid
      from unnest(changed || array(select erc8004_agents_gone_stale(as_of))) as c (agent_uuid)
    );
  end if;
  call erc8004_count_scores(changed);
  return changed;
end;
$$;
