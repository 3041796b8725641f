-- Let search show and sort by the score that money stands behind, and filter by who stands behind it.

alter table erc8004_agent_search
  add column score numeric(5, 2),
  add column score_low numeric(5, 2),
  add column score_high numeric(5, 2),
  add column effective_reviewers numeric(20, 2) not null default 0,
  add column paying_reviewers bigint not null default 0,
  add column caveats text[] not null default '{NO_REVIEWS,NO_PAYMENTS}';

drop index ix__erc8004_agent_search__registered;
drop index ix__erc8004_agent_search__last_activity;
drop index ix__erc8004_agent_search__average_score;
drop index ix__erc8004_agent_search__total_feedback;
drop index ix__erc8004_agent_search__total_payments;

create index ix__erc8004_agent_search__registered
  on erc8004_agent_search (
    registered_at, agent_uuid,
    trust_level, chain, total_feedback, score, success_rate, claimed, active, is_testnet
  );
create index ix__erc8004_agent_search__last_activity
  on erc8004_agent_search (
    last_activity_at, agent_uuid,
    trust_level, chain, total_feedback, score, success_rate, claimed, active, is_testnet
  );
create index ix__erc8004_agent_search__average_score
  on erc8004_agent_search (
    average_score, registered_at, agent_uuid,
    trust_level, chain, total_feedback, score, success_rate, claimed, active, is_testnet
  )
  include (status)
  where average_score is not null;
create index ix__erc8004_agent_search__total_feedback
  on erc8004_agent_search (
    total_feedback, registered_at, agent_uuid,
    trust_level, chain, score, success_rate, claimed, active, is_testnet
  )
  include (status)
  where total_feedback > 0;
create index ix__erc8004_agent_search__total_payments
  on erc8004_agent_search (
    total_payments, registered_at, agent_uuid,
    trust_level, chain, total_feedback, score, success_rate, claimed, active, is_testnet
  )
  where total_payments > 0;
create index ix__erc8004_agent_search__score
  on erc8004_agent_search (
    score, registered_at, agent_uuid,
    trust_level, chain, total_feedback, success_rate, claimed, active, is_testnet
  )
  include (status)
  where score is not null;
create index ix__erc8004_agent_search__paying_reviewers
  on erc8004_agent_search (paying_reviewers, status, trust_level, chain, claimed, active, is_testnet)
  where paying_reviewers > 0;
create index ix__erc8004_agent_search__effective_reviewers
  on erc8004_agent_search (effective_reviewers, status, trust_level, chain, claimed, active, is_testnet)
  where effective_reviewers > 0;
