-- Let the lists of an agent be filtered by status and by score.

create index ix__erc8004_agent_payments__agent_status
  on erc8004_agent_payments (agent_uuid, status, created_at, id);
create index ix__erc8004_validations__agent_status
  on erc8004_validations (agent_uuid, status, created_at, id);
create index ix__erc8004_validations__agent_overdue
  on erc8004_validations (agent_uuid, expires_at)
  where status = 'pending';
create index ix__erc8004_reputation__agent_score
  on erc8004_reputation (agent_uuid, is_revoked, score, created_at, id);
