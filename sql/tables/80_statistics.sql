-- The statistics as of the last refresh, and the record of the refreshes.

-- The sums of the feedback of each agent, and its score.
create materialized view mv_erc8004_agent_reputation as
select
  a.id as agent_uuid,
  a.chain,
  a.owner_address,
  f.total_feedback,
  round(f.score_sum / nullif(f.scored_feedback, 0), 2) as average_score,
  f.positive_feedback,
  f.negative_feedback,
  f.revoked_feedback,
  f.total_feedback - f.scored_feedback as unscored_feedback,
  f.unique_clients,
  f.last_feedback_at,
  f.score,
  f.score_middle,
  f.score_low,
  f.score_high,
  f.effective_reviewers,
  f.paying_reviewers
from erc8004_feedback_counts as f
join erc8004_agents as a on a.id = f.agent_uuid
with data;

create unique index uq__mv_erc8004_agent_reputation__agent
  on mv_erc8004_agent_reputation (agent_uuid);
create index ix__mv_erc8004_agent_reputation__last_feedback
  on mv_erc8004_agent_reputation (last_feedback_at);

-- The sums of the payments of each agent. A payment is settled once it is verified, failed or
-- rejected; a pending one counts only in total_payments. With the score that the payers stand behind.
create materialized view mv_erc8004_agent_payment_stats as
select
  p.agent_uuid,
  p.total_payments,
  p.total_amount_usdc,
  p.successful_payments,
  p.failed_payments,
  round(p.total_amount_usdc / nullif(p.successful_payments, 0), 6) as avg_payment_amount,
  round(
    100.0 * p.successful_payments / nullif(p.successful_payments + p.failed_payments, 0), 2
  ) as success_rate,
  p.last_payment_at,
  p.unique_endpoints_used,
  f.score,
  f.score_low,
  f.score_high,
  coalesce(f.effective_reviewers, 0) as effective_reviewers,
  coalesce(f.paying_reviewers, 0) as paying_reviewers
from erc8004_payment_counts as p
left join erc8004_feedback_counts as f using (agent_uuid)
with data;

create unique index uq__mv_erc8004_agent_payment_stats__agent
  on mv_erc8004_agent_payment_stats (agent_uuid);

-- One row per refresh: when it ran, how long each step took, the totals over all agents, and the version
-- of the rule by which it counted.
create table erc8004_stats_refreshes (
  id bigint generated always as identity,
  began_at timestamptz not null,
  ended_at timestamptz not null,
  fold_seconds double precision not null,
  reputation_seconds double precision not null,
  payment_seconds double precision not null,
  search_seconds double precision not null,
  totals jsonb not null,
  rule_version integer,

  constraint pk__erc8004_stats_refreshes primary key (id),
  constraint ck__erc8004_stats_refreshes__ends_after_it_begins check (began_at <= ended_at)
);
