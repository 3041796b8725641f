-- Feedback, the responses to it, and the scale of each tag.

-- What the values of a tag mean: `low` is a score of 0, `high` a score of 100. The empty tag is
-- for feedback without a tag. A rating says how content a client is, and gives a voice; a measurement
-- does not.
create table erc8004_tag_scales (
  tag text not null,
  low numeric not null,
  high numeric not null,
  kind text not null default 'measurement',

  constraint pk__erc8004_tag_scales primary key (tag),
  constraint ck__erc8004_tag_scales__low_below_high check (low < high),
  constraint ck__erc8004_tag_scales__kind check (kind in ('rating', 'measurement'))
);

insert into erc8004_tag_scales (tag, low, high, kind)
values
  ('', 0, 100, 'rating'),
  ('starred', 0, 100, 'rating'),
  ('uptime', 0, 100, 'measurement'),
  ('successRate', 0, 100, 'measurement'),
  ('reachable', 0, 1, 'measurement'),
  ('ownerVerified', 0, 1, 'measurement');

-- One row per feedback: a value as ERC-8004 defines it (`value` divided by ten to the power of
-- `value_decimals`), and its score from 0 to 100, null if it has none. Imported feedback is known by
-- its position on the chain (`chain`, `tx_hash`, `log_index`) or by the id of its source;
-- `unstorable` marks its texts that PostgreSQL cannot store as they are. What was read from a chain
-- has the source `chain`, its block, and its index among the feedback of its client. `is_measurement`
-- says that the tag gave the score, and that the tag is for measurements, when the row was written.
-- Triggers check once per statement that the chain and the agent exist (functions/22_chains_of_rows.sql,
-- functions/23_agents_of_feedback.sql): a foreign key would look them up for each of thousands of rows.
create table erc8004_reputation (
  id uuid not null,
  agent_uuid uuid not null,
  client_address text not null,
  value numeric(39, 0) not null,
  value_decimals smallint not null default 0,
  score numeric(5, 2),
  tag1 text,
  tag2 text,
  endpoint text,
  file_uri text,
  file_hash text,
  chain text not null,
  tx_hash text,
  is_revoked boolean not null default false,
  revoked_at timestamptz,
  revocation_reason text,
  created_at timestamptz not null default now(),
  log_index integer,
  source_id text,
  unstorable jsonb,
  source text not null default 'api',
  feedback_index bigint,
  block_number bigint,
  is_measurement boolean not null default false,

  constraint pk__erc8004_reputation primary key (id),
  constraint ck__erc8004_reputation__client_address
    check (octet_length(client_address) = 42 and client_address ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_reputation__value check (block_number is not null or abs(value) <= 1e38),
  constraint ck__erc8004_reputation__value_decimals check (value_decimals between 0 and 18),
  constraint ck__erc8004_reputation__score check (score between 0 and 100),
  constraint ck__erc8004_reputation__tags
    check (octet_length(tag1) between 1 and 1024 and octet_length(tag2) between 1 and 1024),
  constraint ck__erc8004_reputation__revoked_has_time check (is_revoked = (revoked_at is not null)),
  constraint ck__erc8004_reputation__log_index
    check (log_index is null or (log_index >= 0 and tx_hash is not null)),
  constraint ck__erc8004_reputation__source_id check (octet_length(source_id) between 1 and 200),
  constraint ck__erc8004_reputation__source check (source in ('chain', 'import', 'api')),
  constraint ck__erc8004_reputation__chain_has_index
    check (source <> 'chain' or (feedback_index is not null and block_number is not null))
);

-- The feedback of an agent, and that of one client of it. In the indexes for lists, `is_revoked`
-- comes before the time, so that a reader does not scan the revoked rows between the others.
create index ix__erc8004_reputation__agent_created
  on erc8004_reputation (agent_uuid, is_revoked, created_at, id);
create index ix__erc8004_reputation__agent_client_created
  on erc8004_reputation (agent_uuid, client_address, created_at, id);

-- The feedback of an agent by score.
create index ix__erc8004_reputation__agent_score
  on erc8004_reputation (agent_uuid, is_revoked, score, created_at, id);

-- Feedback by one tag, and by both.
create index ix__erc8004_reputation__agent_tag1
  on erc8004_reputation (agent_uuid, tag1, is_revoked, created_at, id)
  where tag1 is not null;
create index ix__erc8004_reputation__agent_tag2
  on erc8004_reputation (agent_uuid, tag2, is_revoked, created_at, id)
  where tag2 is not null;
create index ix__erc8004_reputation__agent_tags
  on erc8004_reputation (agent_uuid, tag1, tag2, is_revoked, created_at, id)
  where tag1 is not null and tag2 is not null;

-- Imported feedback by what it is known by, and feedback of a transaction whose position is not
-- known yet.
create unique index uq__erc8004_reputation__chain_tx_log
  on erc8004_reputation (tx_hash, log_index, chain)
  where log_index is not null;
create unique index uq__erc8004_reputation__source
  on erc8004_reputation (source_id)
  where source_id is not null;
create index ix__erc8004_reputation__tx
  on erc8004_reputation (tx_hash)
  where tx_hash is not null and log_index is null;

-- Feedback of a chain by what its registry knows it by, and that of others which names a
-- transaction: the feedback of a chain may turn out to be the same.
create unique index uq__erc8004_reputation__feedback_index
  on erc8004_reputation (agent_uuid, client_address, feedback_index)
  where feedback_index is not null;
create index ix__erc8004_reputation__unconfirmed
  on erc8004_reputation (tx_hash, log_index)
  where source <> 'chain' and tx_hash is not null;

-- Revoked feedback of all agents, by when it was revoked.
create index ix__erc8004_reputation__revoked
  on erc8004_reputation (revoked_at, id)
  where is_revoked;

-- Responses to a feedback, which anybody may append.
create table erc8004_feedback_responses (
  id uuid not null,
  feedback_id uuid not null,
  responder_address text not null,
  response_uri text not null,
  response_hash text,
  created_at timestamptz not null default now(),
  source text not null default 'api',
  block_number bigint,
  log_index integer,
  unstorable jsonb,

  constraint pk__erc8004_feedback_responses primary key (id),
  constraint fk__erc8004_feedback_responses__feedback
    foreign key (feedback_id) references erc8004_reputation (id) on delete cascade,
  constraint ck__erc8004_feedback_responses__responder_address
    check (responder_address ~ '^0x[0-9a-f]{40}$'),
  constraint ck__erc8004_feedback_responses__source check (source in ('chain', 'api'))
);

-- Let the planner expect that an address responds rarely: the responses of one address are then
-- read by the index that holds them together, however many others stand between them.
alter table erc8004_feedback_responses alter column responder_address set (n_distinct = -1);

create index ix__erc8004_feedback_responses__feedback_created
  on erc8004_feedback_responses (feedback_id, created_at, id);

-- The responses of one address, such as the owner's, without a scan of those of others.
create index ix__erc8004_feedback_responses__feedback_responder
  on erc8004_feedback_responses (feedback_id, responder_address, created_at, id);
