-- What a new agent costs in search. Most agents have nothing counted and many no registration
-- file: they are kept out of the indexes that would find others. A sort by a count or a score
-- walks them in the order of their registration, which decides among equals, too.

-- One index a score, read forward or backward, as the agents without one stand elsewhere. The
-- status, which nearly every search asks for and most agents share, is included: agents that a
-- score or a count finds are counted without a look at their rows, yet none is compared by it
-- where that would only take time.
drop index ix__erc8004_agent_search__best_score;
drop index ix__erc8004_agent_search__worst_score;
create index ix__erc8004_agent_search__average_score
  on erc8004_agent_search (
    average_score, registered_at, agent_uuid,
    trust_level, chain, total_feedback, success_rate
  )
  include (status)
  where average_score is not null;

drop index ix__erc8004_agent_search__total_feedback;
create index ix__erc8004_agent_search__total_feedback
  on erc8004_agent_search (
    total_feedback, registered_at, agent_uuid,
    trust_level, chain, average_score, success_rate
  )
  include (status)
  where total_feedback > 0;

drop index ix__erc8004_agent_search__total_payments;
create index ix__erc8004_agent_search__total_payments
  on erc8004_agent_search (
    total_payments, registered_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate
  )
  where total_payments > 0;

-- The plain score here, too: that an agent has none takes no room.
drop index ix__erc8004_agent_search__registered;
create index ix__erc8004_agent_search__registered
  on erc8004_agent_search (
    registered_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate
  );

drop index ix__erc8004_agent_search__last_activity;
create index ix__erc8004_agent_search__last_activity
  on erc8004_agent_search (
    last_activity_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate
  );

-- Owners are compared for being equal, never in the order of a language: by their bytes.
alter table erc8004_agent_search alter column owner_address type text collate "C";
