-- What the score of an agent is computed from. Only a refresh writes these tables, under its lock.

-- Who gave feedback: since when, and agents of how many owners they rated, counted up to three.
-- `is_established` and `is_trusted` are as they are counted in erc8004_evidence.
create table erc8004_reviewers (
  client_address text not null,
  first_seen_at timestamptz,
  owners integer not null,
  is_established boolean not null default false,
  is_trusted boolean not null default false,

  constraint pk__erc8004_reviewers primary key (client_address)
);

-- The reviewers who are established once enough time has passed, and the trusted ones.
create index ix__erc8004_reviewers__coming
  on erc8004_reviewers (first_seen_at)
  where not is_established and owners = 3;
create index ix__erc8004_reviewers__trusted
  on erc8004_reviewers (client_address)
  where is_trusted;

-- The reviewers whom the operator trusts. The next refresh counts them as such.
create table erc8004_trusted_reviewers (
  client_address text not null,
  note text,
  added_at timestamptz not null default now(),

  constraint pk__erc8004_trusted_reviewers primary key (client_address),
  constraint ck__erc8004_trusted_reviewers__client_address
    check (octet_length(client_address) = 42 and client_address ~ '^0x[0-9a-f]*$'),
  constraint ck__erc8004_trusted_reviewers__note check (octet_length(note) <= 1000)
);

-- The sums over the reviewers of an agent with a voice: one row for the established, one for the new.
-- Of each of the six stakes, the weight in millionths of a USDC, and the weight times the voice. The
-- last two are histograms in steps of ten points: of all voices, and of those who paid.
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

-- Of how many agents whose owner or wallet is a party a client is a reviewer with a voice, and how
-- many of these the party owns.
create table erc8004_rated_parties (
  client_address text not null,
  party_address text not null,
  agents bigint not null,
  owned_agents bigint not null,

  constraint pk__erc8004_rated_parties primary key (client_address, party_address)
);

create index ix__erc8004_rated_parties__party
  on erc8004_rated_parties (party_address, client_address)
  where owned_agents > 0;

-- What one address paid another, in verified payments of mainnets.
create table erc8004_money_flows (
  payer_address text not null,
  payee_address text not null,
  paid_usdc numeric not null,

  constraint pk__erc8004_money_flows primary key (payer_address, payee_address)
);

-- The clients of agents that a refresh has to count again; empty between refreshes.
create table erc8004_pair_changes (
  agent_uuid uuid not null,
  client_address text not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- The agents that have another owner or wallet since they were counted.
create table erc8004_owner_changes (
  agent_uuid uuid not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
