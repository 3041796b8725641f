-- Feedback, the responses to it, and how a value becomes a 0-100 score.

-- What a tag's values mean: low reads as 0, high as 100. The empty tag is "no tag".
create table erc8004_tag_scales (
  tag text not null,
  low numeric not null,
  high numeric not null,

  constraint pk__erc8004_tag_scales primary key (tag),
  constraint ck__erc8004_tag_scales__low_below_high check (low < high)
);

insert into erc8004_tag_scales (tag, low, high)
values
  ('', 0, 100),
  ('starred', 0, 100),
  ('uptime', 0, 100),
  ('successRate', 0, 100),
  ('reachable', 0, 1),
  ('ownerVerified', 0, 1);

-- The 0-100 reading of a value: its place between the low and the high of its
-- tag's scale; null where the tag has no scale or the value lies off it.
create function erc8004_score(value numeric, value_decimals smallint, tag1 text) returns numeric
language sql stable parallel safe
begin atomic
  select
    round(
      (value * 0.1 ^ value_decimals - scale.low) / (scale.high - scale.low) * 100,
      2
    )
  from erc8004_tag_scales as scale
  where scale.tag = coalesce(tag1, '')
    and value * 0.1 ^ value_decimals between scale.low and scale.high;
end;

create table erc8004_reputation (
  id uuid not null default erc8004_uuid(),
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

  constraint pk__erc8004_reputation primary key (id),
  constraint fk__erc8004_reputation__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade,
  constraint fk__erc8004_reputation__chain foreign key (chain) references erc8004_chains (name),
  constraint ck__erc8004_reputation__client_address check (client_address ~ '^0x[0-9a-f]{40}$'),
  constraint ck__erc8004_reputation__value check (abs(value) <= 1e38),
  constraint ck__erc8004_reputation__value_decimals check (value_decimals between 0 and 18),
  constraint ck__erc8004_reputation__score check (score between 0 and 100),
  constraint ck__erc8004_reputation__tags
    check (length(tag1) between 1 and 256 and length(tag2) between 1 and 256),
  constraint ck__erc8004_reputation__revoked_has_time check (is_revoked = (revoked_at is not null))
);

create index ix__erc8004_reputation__agent_created
  on erc8004_reputation (agent_uuid, created_at, id);
create index ix__erc8004_reputation__agent_client_created
  on erc8004_reputation (agent_uuid, client_address, created_at, id);

-- A feedback given as a rating arrives with its score; any other is read from its
-- value, whoever inserts it (the API, COPY, psql).
create function erc8004_set_score() returns trigger
language plpgsql
as $$
begin
  new.score := erc8004_score(new.value, new.value_decimals, new.tag1);
  return new;
end;
$$;

create trigger tr__erc8004_reputation__set_score
before insert on erc8004_reputation
for each row when (new.score is null)
execute function erc8004_set_score();

create table erc8004_feedback_responses (
  id uuid not null default erc8004_uuid(),
  feedback_id uuid not null,
  responder_address text not null,
  response_uri text not null,
  response_hash text,
  created_at timestamptz not null default now(),

  constraint pk__erc8004_feedback_responses primary key (id),
  constraint fk__erc8004_feedback_responses__feedback
    foreign key (feedback_id) references erc8004_reputation (id) on delete cascade,
  constraint ck__erc8004_feedback_responses__responder_address
    check (responder_address ~ '^0x[0-9a-f]{40}$')
);

create index ix__erc8004_feedback_responses__feedback_created
  on erc8004_feedback_responses (feedback_id, created_at, id);
