-- Let the index of words find the agents that match a text and another filter: rows of no others are read.
-- This writes the table of search again, in about a minute for a million agents.

drop index ix__erc8004_agent_search__services;
drop index ix__erc8004_agent_search__x402;
drop index ix__erc8004_agent_search__verified;
drop index ix__erc8004_agent_search__words;

alter table erc8004_agent_search
  add column labels text[] collate "C" not null generated always as (
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
  ) stored;

create index ix__erc8004_agent_search__x402
  on erc8004_agent_search (status, trust_level, chain, claimed, active, is_testnet)
  where x402;
create index ix__erc8004_agent_search__verified
  on erc8004_agent_search (status, trust_level, chain, claimed, active, is_testnet)
  where verified;
create index ix__erc8004_agent_search__words on erc8004_agent_search using gin (words, labels);

analyze erc8004_agent_search;
