-- What the trust in an agent was, by the day (UTC) on which it changed: its level, or a score by a whole
-- point. The last refresh of a day counts. A refresh writes it.

create table erc8004_trust_history (
  agent_uuid uuid not null,
  day date not null,
  recorded_at timestamptz not null,
  rule_version integer not null,
  trust_level text not null,
  score numeric(5, 2),
  score_low numeric(5, 2),
  score_high numeric(5, 2),
  effective_reviewers numeric(20, 2) not null,
  paying_reviewers bigint not null,
  total_feedback bigint not null,
  total_payments bigint not null,
  success_rate numeric(5, 2),
  caveats text[] not null,

  constraint pk__erc8004_trust_history primary key (agent_uuid, day),
  constraint fk__erc8004_trust_history__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

-- The changes of all agents, by when they were recorded.
create index ix__erc8004_trust_history__recorded
  on erc8004_trust_history (recorded_at, agent_uuid);
