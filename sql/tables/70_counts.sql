-- Changes and counts, so that no statistic has to read the whole history: each write of feedback or
-- of a payment inserts a change row (functions/50_changes.sql), each refresh folds the change rows
-- into the counts (functions/60_fold.sql), and the materialized views read the counts.
--
-- A fold is one statement, which deletes the change rows of its snapshot and adds them to the
-- counts. A change that is committed later is left for the next fold. A reader sees either the
-- change or its count, never both.

create table erc8004_feedback_changes (
  agent_uuid uuid not null,
  client_address text not null,
  sign smallint not null,
  is_revoked boolean not null,
  score numeric(5, 2),
  created_at timestamptz not null,
  is_rating boolean not null,

  constraint ck__erc8004_feedback_changes__sign check (sign in (-1, 1))
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

create index ix__erc8004_feedback_changes__agent on erc8004_feedback_changes (agent_uuid);

create table erc8004_payment_changes (
  agent_uuid uuid not null,
  sign smallint not null,
  status text not null,
  amount_usdc numeric(20, 6) not null,
  endpoint text,
  created_at timestamptz not null,
  chain text not null,
  payer_address text,
  payee_address text,

  constraint ck__erc8004_payment_changes__sign check (sign in (-1, 1))
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

create index ix__erc8004_payment_changes__agent on erc8004_payment_changes (agent_uuid);

-- The counts of each client of an agent. Revoked feedback counts in revoked_feedback only. The ratings
-- are those that give a voice (functions/45_trust_rule.sql), their sum is in hundredths. The columns from
-- `voice` on are as they are counted in erc8004_evidence; `voice` is null if the client has none.
create table erc8004_client_counts (
  agent_uuid uuid not null,
  client_address text not null,
  total_feedback bigint not null,
  scored_feedback bigint not null,
  score_sum numeric not null,
  positive_feedback bigint not null,
  negative_feedback bigint not null,
  revoked_feedback bigint not null,
  rating_count bigint not null default 0,
  rating_sum bigint not null default 0,
  first_feedback_at timestamptz,
  last_rating_at timestamptz,
  paid_usdc numeric not null default 0,
  voice integer,
  returned_usdc numeric not null default 0,
  net_usdc numeric not null default 0,
  is_reciprocal boolean not null default false,
  is_established boolean not null default false,
  is_trusted boolean not null default false,

  constraint pk__erc8004_client_counts primary key (agent_uuid, client_address),
  constraint fk__erc8004_client_counts__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

-- A client may rate very many agents, so that one client of one agent is found by the primary key.
alter table erc8004_client_counts alter column client_address set (n_distinct = -0.01);

-- The agents of a client, by when it first gave feedback; and when the last of the paying or trusted
-- reviewers of an agent rated it.
create index ix__erc8004_client_counts__client
  on erc8004_client_counts (client_address, first_feedback_at);
create index ix__erc8004_client_counts__backed
  on erc8004_client_counts (agent_uuid, last_rating_at)
  where voice is not null and (net_usdc > 0 or is_trusted);

-- The counts of each agent: the sums over its clients. Ratings are counted by what their client is: one
-- with a voice, the agent itself (`own_addresses`: its owner, then its wallets), or one who rated a
-- former owner, before `voices_since`. The score and what it is made of are those at the public stake.
create table erc8004_feedback_counts (
  agent_uuid uuid not null,
  total_feedback bigint not null,
  scored_feedback bigint not null,
  score_sum numeric not null,
  positive_feedback bigint not null,
  negative_feedback bigint not null,
  revoked_feedback bigint not null,
  unique_clients bigint not null,
  last_feedback_at timestamptz,
  ratings bigint not null default 0,
  own_ratings bigint not null default 0,
  former_ratings bigint not null default 0,
  own_addresses text[],
  voices_since timestamptz,
  last_backed_at timestamptz,
  score numeric(15, 12),
  score_middle numeric(15, 12),
  score_low numeric(15, 12),
  score_high numeric(15, 12),
  effective_reviewers numeric(23, 12) not null default 0,
  paying_reviewers bigint not null default 0,

  constraint pk__erc8004_feedback_counts primary key (agent_uuid),
  constraint fk__erc8004_feedback_counts__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

-- The agents that become stale, by when a paying or trusted reviewer last rated them.
create index ix__erc8004_feedback_counts__last_backed
  on erc8004_feedback_counts (last_backed_at)
  where last_backed_at is not null;

-- The counts of each endpoint of an agent, by its hash: an endpoint can be too long for an index.
create table erc8004_endpoint_counts (
  agent_uuid uuid not null,
  endpoint_hash uuid not null,
  total_payments bigint not null,

  constraint pk__erc8004_endpoint_counts primary key (agent_uuid, endpoint_hash),
  constraint fk__erc8004_endpoint_counts__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

-- The payment counts of each agent.
create table erc8004_payment_counts (
  agent_uuid uuid not null,
  total_payments bigint not null,
  successful_payments bigint not null,
  failed_payments bigint not null,
  total_amount_usdc numeric not null,
  unique_endpoints_used bigint not null,
  last_payment_at timestamptz,

  constraint pk__erc8004_payment_counts primary key (agent_uuid),
  constraint fk__erc8004_payment_counts__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);
