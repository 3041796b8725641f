-- Count what the score of an agent is computed from: voices, what stands behind them, and who is known.
-- The next refresh counts the whole history, as its rule is new.

alter table erc8004_tag_scales
  add column kind text not null default 'measurement',
  add constraint ck__erc8004_tag_scales__kind check (kind in ('rating', 'measurement'));

update erc8004_tag_scales
set kind = 'rating'
where tag in ('', 'starred');

-- Of a score under a tag for measurements, nobody knows whether it was given as a score. Both count alike
-- in what the triggers record, so they need not see this.
alter table erc8004_reputation add column is_measurement boolean not null default false;

alter table erc8004_reputation disable trigger user;

update erc8004_reputation as r
set is_measurement = true
from erc8004_tag_scales as scale
where scale.tag = r.tag1
  and scale.kind = 'measurement'
  and r.score is not null;

alter table erc8004_reputation enable trigger user;

alter table erc8004_feedback_changes add column is_rating boolean not null default false;
alter table erc8004_feedback_changes alter column is_rating drop default;

alter table erc8004_payment_changes
  add column chain text not null default 'base',
  add column payer_address text,
  add column payee_address text;
alter table erc8004_payment_changes alter column chain drop default;

alter table erc8004_client_counts
  add column rating_count bigint not null default 0,
  add column rating_sum bigint not null default 0,
  add column first_feedback_at timestamptz,
  add column last_rating_at timestamptz,
  add column paid_usdc numeric not null default 0,
  add column voice integer,
  add column returned_usdc numeric not null default 0,
  add column net_usdc numeric not null default 0,
  add column is_reciprocal boolean not null default false,
  add column is_established boolean not null default false,
  add column is_trusted boolean not null default false;

create index ix__erc8004_client_counts__client
  on erc8004_client_counts (client_address, first_feedback_at);
create index ix__erc8004_client_counts__backed
  on erc8004_client_counts (agent_uuid, last_rating_at)
  where voice is not null and (net_usdc > 0 or is_trusted);

alter table erc8004_feedback_counts
  add column ratings bigint not null default 0,
  add column own_ratings bigint not null default 0,
  add column former_ratings bigint not null default 0,
  add column own_addresses text[],
  add column voices_since timestamptz,
  add column last_backed_at timestamptz,
  add column score numeric(15, 12),
  add column score_middle numeric(15, 12),
  add column score_low numeric(15, 12),
  add column score_high numeric(15, 12),
  add column effective_reviewers numeric(23, 12) not null default 0,
  add column paying_reviewers bigint not null default 0;

create index ix__erc8004_feedback_counts__last_backed
  on erc8004_feedback_counts (last_backed_at)
  where last_backed_at is not null;

create table erc8004_reviewers (
  client_address text not null,
  first_seen_at timestamptz,
  owners integer not null,
  is_established boolean not null default false,
  is_trusted boolean not null default false,

  constraint pk__erc8004_reviewers primary key (client_address)
);
create index ix__erc8004_reviewers__coming
  on erc8004_reviewers (first_seen_at)
  where not is_established and owners = 3;
create index ix__erc8004_reviewers__trusted
  on erc8004_reviewers (client_address)
  where is_trusted;

create table erc8004_trusted_reviewers (
  client_address text not null,
  note text,
  added_at timestamptz not null default now(),

  constraint pk__erc8004_trusted_reviewers primary key (client_address),
  constraint ck__erc8004_trusted_reviewers__client_address
    check (octet_length(client_address) = 42 and client_address ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_trusted_reviewers__note check (octet_length(note) <= 1000)
);

create table erc8004_evidence (
  agent_uuid uuid not null,
  is_established boolean not null,
  reviewers bigint not null,
  voices bigint not null,
  paying bigint not null,
  trusted bigint not null,
  reciprocal bigint not null,
  net_usdc numeric not null,
  returned_usdc numeric not null,
  weights numeric[] not null,
  weighted_voices numeric[] not null,
  voice_counts numeric[] not null,
  paying_counts numeric[] not null,

  constraint pk__erc8004_evidence primary key (agent_uuid, is_established),
  constraint fk__erc8004_evidence__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

create table erc8004_rated_parties (
  client_address text not null,
  party_address text not null,
  agents bigint not null,
  owned_agents bigint not null,

  constraint pk__erc8004_rated_parties primary key (client_address, party_address)
);

create table erc8004_money_flows (
  payer_address text not null,
  payee_address text not null,
  paid_usdc numeric not null,

  constraint pk__erc8004_money_flows primary key (payer_address, payee_address)
);

create table erc8004_pair_changes (
  agent_uuid uuid not null,
  client_address text not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

create table erc8004_owner_changes (
  agent_uuid uuid not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

alter table erc8004_stats_refreshes add column rule_version integer;

-- What reads the view of reputation is defined again after this.
drop view v_erc8004_agent_stats cascade;
drop materialized view mv_erc8004_agent_reputation cascade;
drop materialized view mv_erc8004_agent_payment_stats cascade;
drop function erc8004_trust_level(bigint, numeric, numeric);
drop function erc8004_fold_feedback();
drop function erc8004_fold_payments();

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
