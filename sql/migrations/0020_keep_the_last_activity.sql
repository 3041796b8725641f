-- A refresh keeps what an owner changes while it runs.

-- As before; then, over what was committed meanwhile, the last activity of agents again: the
-- first statement waits for a change of the same agent and writes over its time, as the view
-- that it read was made before. No change can come in between, as our rows are locked.
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

  update erc8004_agent_search as s
  set last_activity_at = a.last_activity_at
  from erc8004_agents as a
  where s.agent_uuid = any(agents)
    and a.id = s.agent_uuid
    and s.last_activity_at < a.last_activity_at;
end;
