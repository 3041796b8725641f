-- Indexes for search among a million agents. What stands behind a sort's own two columns
-- decides there whether an agent matches, before its row is fetched: a walk past agents that
-- do not match is then ten times as fast, wherever the first that does may be.

drop index ix__erc8004_agent_search__registered;
create index ix__erc8004_agent_search__registered
  on erc8004_agent_search (
    registered_at, agent_uuid,
    trust_level, chain, total_feedback, coalesce(average_score, -1), success_rate
  );

drop index ix__erc8004_agent_search__last_activity;
create index ix__erc8004_agent_search__last_activity
  on erc8004_agent_search (
    last_activity_at, agent_uuid,
    trust_level, chain, total_feedback, coalesce(average_score, -1), success_rate
  );

drop index ix__erc8004_agent_search__total_feedback;
create index ix__erc8004_agent_search__total_feedback
  on erc8004_agent_search (
    total_feedback, agent_uuid,
    trust_level, chain, coalesce(average_score, -1), success_rate
  );

drop index ix__erc8004_agent_search__total_payments;
create index ix__erc8004_agent_search__total_payments
  on erc8004_agent_search (
    total_payments, agent_uuid,
    trust_level, chain, total_feedback, coalesce(average_score, -1), success_rate
  );

drop index ix__erc8004_agent_search__best_score;
create index ix__erc8004_agent_search__best_score
  on erc8004_agent_search (
    coalesce(average_score, -1), agent_uuid,
    trust_level, chain, total_feedback, success_rate
  );

drop index ix__erc8004_agent_search__worst_score;
create index ix__erc8004_agent_search__worst_score
  on erc8004_agent_search (
    coalesce(average_score, 101), agent_uuid,
    trust_level, chain, total_feedback, coalesce(average_score, -1), success_rate
  );

-- A filter finds agents, a sort orders them, so a filter's index needs no order: its equal
-- keys are kept once, which makes it a tenth as large. With the status, which nearly every
-- search asks for, agents are counted without a look at their rows.
drop index ix__erc8004_agent_search__owner;
create index ix__erc8004_agent_search__owner on erc8004_agent_search (owner_address);

drop index ix__erc8004_agent_search__chain;
create index ix__erc8004_agent_search__chain on erc8004_agent_search (chain, status);

drop index ix__erc8004_agent_search__trust_level;
create index ix__erc8004_agent_search__trust_level on erc8004_agent_search (trust_level, status, chain);

drop index ix__erc8004_agent_search__success_rate;
create index ix__erc8004_agent_search__success_rate
  on erc8004_agent_search (success_rate, status, trust_level, chain)
  where success_rate is not null;

drop index ix__erc8004_agent_search__inactive;
create index ix__erc8004_agent_search__inactive
  on erc8004_agent_search (status)
  where status <> 'active';

drop index ix__erc8004_agent_search__x402;
create index ix__erc8004_agent_search__x402
  on erc8004_agent_search (agent_uuid)
  where x402;
