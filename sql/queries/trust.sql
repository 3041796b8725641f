-- name: get_by_agent
-- Return everything about the score of one agent as of now, as JSON, and the number of the refresh that
-- classed its reviewers; no row if there is none.
select erc8004_stats_refresh_number() as refresh, answer.report::text as report
from erc8004_trust_answer(%(agent_uuid)s) as answer (report);

-- name: list_voices
-- Return the voices on one agent as they were counted last, those that weigh most first: what each
-- reviewer says and paid.
select
  c.client_address,
  c.rating_count,
  (c.voice / 100.0)::numeric(5, 2)::text as voice,
  c.paid_usdc::numeric(30, 6)::text as paid_usdc,
  c.returned_usdc::numeric(30, 6)::text as returned_usdc,
  c.net_usdc::numeric(30, 6)::text as net_usdc,
  c.is_established,
  c.is_reciprocal,
  c.is_trusted,
  (
    erc8004_weight(c.net_usdc, c.is_reciprocal, c.is_trusted, erc8004_public_stake())
    / erc8004_public_stake()::numeric
  )::numeric(7, 6)::text as weight
from erc8004_client_counts as c
where c.agent_uuid = %(agent_uuid)s
  and c.voice is not null
order by c.is_trusted desc, c.net_usdc desc, c.client_address
limit %(limit)s;

-- name: list_history
-- Return the history of the trust in one agent by day, the newest first, from the day after the cursor; one
-- row without a day if there is none, no row if there is no such agent.
select
  h.day::text as day,
  h.recorded_at,
  h.rule_version,
  h.trust_level,
  h.score::float8 as score,
  h.score_low::float8 as score_low,
  h.score_high::float8 as score_high,
  h.effective_reviewers::float8 as effective_reviewers,
  h.paying_reviewers,
  h.total_feedback,
  h.total_payments,
  h.success_rate::float8 as success_rate,
  h.caveats
from erc8004_agents as a
left join lateral (
  select
    t.day, t.recorded_at, t.rule_version, t.trust_level, t.score, t.score_low, t.score_high,
    t.effective_reviewers, t.paying_reviewers, t.total_feedback, t.total_payments, t.success_rate,
    t.caveats
  from erc8004_trust_history as t
  where t.agent_uuid = a.id
    and (%(before_day)s::date is null or t.day < %(before_day)s::date)
  order by t.day desc
  limit %(limit)s
) as h on true
where a.id = %(agent_uuid)s
order by h.day desc;
