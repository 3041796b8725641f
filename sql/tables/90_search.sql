-- The columns that search filters and sorts by: one narrow row per agent. Triggers write what the
-- agent says about itself (functions/40_search_rows.sql), a refresh writes what others say about it
-- (functions/90_refresh.sql). The rows have no foreign key: the triggers insert and delete them
-- with their agents, and a key would look up each agent once more. `caveats` has neither TESTNET nor
-- CLAIMED, which the row says itself. `labels` says which filters an agent may match: by its services,
-- level and marks, and for each figure by the number of the highest step that it reaches. The
-- filters check the columns too, so that a service with the name of a label is not taken for it.

create table erc8004_agent_search (
  agent_uuid uuid not null,
  agent_id numeric(78, 0) not null,
  chain text not null,
  owner_address text collate "C" not null,
  status text not null,
  registered_at timestamptz not null,
  last_activity_at timestamptz not null,
  services text[] not null,
  x402 boolean not null,
  words tsvector not null,
  total_feedback bigint not null default 0,
  average_score numeric(5, 2),
  total_payments bigint not null default 0,
  success_rate numeric(5, 2),
  trust_level text not null default 'new',
  claimed boolean not null default false,
  registry_address text collate "C" not null,
  active boolean not null default true,
  skill_words text[] not null default '{}',
  domain_words text[] not null default '{}',
  verified boolean not null default false,
  is_testnet boolean not null default false,
  score numeric(5, 2),
  score_low numeric(5, 2),
  score_high numeric(5, 2),
  effective_reviewers numeric(20, 2) not null default 0,
  paying_reviewers bigint not null default 0,
  caveats text[] not null default '{NO_REVIEWS,NO_PAYMENTS}',
  labels text[] collate "C" not null generated always as (
    services || array_remove(
      array[
        nullif(trust_level, 'new'),
        case when x402 then 'x402' end,
        case when verified then 'verified' end,
        case when claimed then 'claimed' end,
        case when is_testnet then 'testnet' end,
        'score ' || width_bucket(score, '{0,50,70,80,90,95}'::numeric[])::text,
        'average_score ' || width_bucket(average_score, '{0,50,70,80,90,95}'::numeric[])::text,
        'success_rate ' || width_bucket(success_rate, '{0,50,70,80,90,95}'::numeric[])::text,
        'total_feedback ' || nullif(width_bucket(total_feedback, '{1,3,10,30,100}'::bigint[]), 0)::text,
        'effective_reviewers '
          || nullif(width_bucket(effective_reviewers, '{1,3,10,30,100}'::numeric[]), 0)::text,
        'paying_reviewers '
          || nullif(width_bucket(paying_reviewers, '{1,3,10,30,100}'::bigint[]), 0)::text
      ],
      null
    )
  ) stored,

  constraint pk__erc8004_agent_search primary key (agent_uuid)
);

-- One index per sort, read forward or backward. With the columns after those of the sort, filters
-- are checked in the index, before a row is read. The indexes by score, feedback and payments
-- contain only agents that have any.
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
create index ix__erc8004_agent_search__score
  on erc8004_agent_search (
    score, registered_at, agent_uuid,
    trust_level, chain, total_feedback, success_rate, claimed, active, is_testnet
  )
  include (status)
  where score is not null;
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

-- One index per filter, without an order: PostgreSQL stores equal keys once, which makes it a tenth
-- as large. Those with status, claimed, active and is_testnet count agents without reading their rows.
create index ix__erc8004_agent_search__owner on erc8004_agent_search (owner_address);
create index ix__erc8004_agent_search__chain on erc8004_agent_search (chain, status, claimed, active);
create index ix__erc8004_agent_search__registry
  on erc8004_agent_search (registry_address, status, claimed);
create index ix__erc8004_agent_search__agent_id on erc8004_agent_search (agent_id);
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
create index ix__erc8004_agent_search__paying_reviewers
  on erc8004_agent_search (paying_reviewers, status, trust_level, chain, claimed, active, is_testnet)
  where paying_reviewers > 0;
create index ix__erc8004_agent_search__effective_reviewers
  on erc8004_agent_search (effective_reviewers, status, trust_level, chain, claimed, active, is_testnet)
  where effective_reviewers > 0;
create index ix__erc8004_agent_search__x402
  on erc8004_agent_search (status, trust_level, chain, claimed, active, is_testnet)
  where x402;
create index ix__erc8004_agent_search__verified
  on erc8004_agent_search (status, trust_level, chain, claimed, active, is_testnet)
  where verified;

-- One index of texts and labels, which finds the agents that match a text and other filters, so that no
-- others are read.
create index ix__erc8004_agent_search__words on erc8004_agent_search using gin (words, labels);

-- Few agents name skills or domains; the others are in no index of them.
create index ix__erc8004_agent_search__skill_words
  on erc8004_agent_search using gin (skill_words)
  where skill_words <> '{}';
create index ix__erc8004_agent_search__domain_words
  on erc8004_agent_search using gin (domain_words)
  where domain_words <> '{}';

-- The words of names, by which mistyped words are corrected, each with what remains of it without one
-- character. Words stay when the last agent of their name is gone.
create table erc8004_name_words (
  id bigint generated always as identity,
  word text collate "C" not null,
  variants text[] collate "C" not null,

  constraint pk__erc8004_name_words primary key (id)
);

create index ix__erc8004_name_words__word on erc8004_name_words (word);
create index ix__erc8004_name_words__variants on erc8004_name_words using gin (variants);
