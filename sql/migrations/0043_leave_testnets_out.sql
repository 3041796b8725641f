-- Let search leave out testnets, and any domain of a service prove an agent. The indexes that count agents without reading their rows contain the
-- new filter that nearly every search has.

alter table erc8004_agent_search add column is_testnet boolean not null default false;

update erc8004_agent_search as s
set is_testnet = true
from erc8004_chains as c
where c.name = s.chain
  and c.is_testnet;

drop index ix__erc8004_agent_search__registered;
drop index ix__erc8004_agent_search__last_activity;
drop index ix__erc8004_agent_search__average_score;
drop index ix__erc8004_agent_search__total_feedback;
drop index ix__erc8004_agent_search__total_payments;
drop index ix__erc8004_agent_search__inactive;
drop index ix__erc8004_agent_search__claimed;
drop index ix__erc8004_agent_search__not_active;
drop index ix__erc8004_agent_search__trust_level;
drop index ix__erc8004_agent_search__success_rate;

create index ix__erc8004_agent_search__registered
  on erc8004_agent_search (
    registered_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate, claimed, active, is_testnet
  );
create index ix__erc8004_agent_search__last_activity
  on erc8004_agent_search (
    last_activity_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate, claimed, active, is_testnet
  );
create index ix__erc8004_agent_search__average_score
  on erc8004_agent_search (
    average_score, registered_at, agent_uuid,
    trust_level, chain, total_feedback, success_rate, claimed, active, is_testnet
  )
  include (status)
  where average_score is not null;
create index ix__erc8004_agent_search__total_feedback
  on erc8004_agent_search (
    total_feedback, registered_at, agent_uuid,
    trust_level, chain, average_score, success_rate, claimed, active, is_testnet
  )
  include (status)
  where total_feedback > 0;
create index ix__erc8004_agent_search__total_payments
  on erc8004_agent_search (
    total_payments, registered_at, agent_uuid,
    trust_level, chain, total_feedback, average_score, success_rate, claimed, active, is_testnet
  )
  where total_payments > 0;
create index ix__erc8004_agent_search__inactive
  on erc8004_agent_search (status, claimed, active, is_testnet)
  where status <> 'active';
create index ix__erc8004_agent_search__claimed
  on erc8004_agent_search (status, active, is_testnet)
  where claimed;
create index ix__erc8004_agent_search__not_active
  on erc8004_agent_search (status, claimed, is_testnet)
  where not active;
create index ix__erc8004_agent_search__testnet
  on erc8004_agent_search (status, claimed, active)
  where is_testnet;
create index ix__erc8004_agent_search__trust_level
  on erc8004_agent_search (trust_level, status, chain, claimed, active, is_testnet);
create index ix__erc8004_agent_search__success_rate
  on erc8004_agent_search (success_rate, status, trust_level, chain, claimed, active, is_testnet)
  where success_rate is not null;

alter table erc8004_file_fetches add column domains text[];

update erc8004_file_fetches
set domains = array[domain]
where kind = 'domain';
