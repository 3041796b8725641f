-- Find what changed in the last day, whatever the number of agents.
create index ix__erc8004_trust_history__recorded
  on erc8004_trust_history (recorded_at, agent_uuid);
create index ix__erc8004_ownership_epochs__ended
  on erc8004_ownership_epochs (to_time, agent_uuid)
  where to_time is not null;
create index ix__erc8004_reputation__revoked
  on erc8004_reputation (revoked_at, id)
  where is_revoked;
create index ix__erc8004_agent_payments__failed
  on erc8004_agent_payments (created_at, id)
  where status in ('failed', 'rejected');
