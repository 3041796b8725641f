-- The counts of the choices that narrow a search.

-- part: settings
-- The settings of a search.
{matching_agents.settings}

-- name: get_facets
-- Return how many agents match by chain, level, status, claim, testnet and proof, as JSON: each counted
-- among those that the other choices leave, where the matches are those without any of these choices, or
-- with all of them. At most one more than may be counted is read, and total says how many.
with {matching_agents.matching},
found as materialized (
  select
    s.chain,
    s.trust_level,
    s.status,
    s.claimed,
    s.is_testnet,
    s.verified,
    coalesce(s.chain = %(of_chain)s::text, true) as is_chain,
    coalesce(s.trust_level = any(%(of_trust_level)s::text[]), true) as is_level,
    coalesce(s.status = %(of_status)s::text, true) as is_status,
    coalesce(s.claimed = %(of_claimed)s::boolean, true) as is_claimed,
    coalesce(s.is_testnet = %(of_testnet)s::boolean, true) as is_net,
    coalesce(s.is_testnet = %(of_testnet_given)s::boolean, true) as is_net_given,
    coalesce(s.verified = %(of_verified)s::boolean, true) as is_verified
  from matching as s
  where {matching_agents.has_texts}
    and s.has_labels
  limit %(counted_up_to)s + 1
),
counted (facet, choice, agents) as (
  select 'chain', f.chain, count(*)
  from found as f
  where f.is_level and f.is_status and f.is_claimed and f.is_net_given and f.is_verified
  group by f.chain
  union all
  select 'trust_level', f.trust_level, count(*)
  from found as f
  where f.is_chain and f.is_status and f.is_claimed and f.is_net and f.is_verified
  group by f.trust_level
  union all
  select 'status', f.status, count(*)
  from found as f
  where f.is_chain and f.is_level and f.is_claimed and f.is_net and f.is_verified
  group by f.status
  union all
  select 'claimed', f.claimed::text, count(*)
  from found as f
  where f.is_chain and f.is_level and f.is_status and f.is_net and f.is_verified
  group by f.claimed
  union all
  select 'testnet', f.is_testnet::text, count(*)
  from found as f
  where f.is_chain and f.is_level and f.is_status and f.is_claimed and f.is_verified
  group by f.is_testnet
  union all
  select 'verified', f.verified::text, count(*)
  from found as f
  where f.is_chain and f.is_level and f.is_status and f.is_claimed and f.is_net
  group by f.verified
),
facets as (
  select c.facet, jsonb_object_agg(c.choice, c.agents) as choices
  from counted as c
  group by c.facet
)
select
  erc8004_stats_refresh_number() as refresh,
  jsonb_build_object(
    'total', (select count(*) from found as f),
    'facets', (select coalesce(jsonb_object_agg(f.facet, f.choices), '{}') from facets as f)
  )::text as body;
