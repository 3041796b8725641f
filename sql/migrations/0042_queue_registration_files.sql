-- Add the queue of the files to fetch, and the column by which search finds verified agents.

create table erc8004_file_fetches (
  agent_uuid uuid not null,
  kind text not null,
  domain text,
  status text not null default 'pending',
  reason text,
  failures smallint not null default 0,
  lease bigint not null default 0,
  due_at timestamptz default now(),
  sha256 text,
  is_checked boolean,
  reference text,
  resolved_at timestamptz,

  constraint pk__erc8004_file_fetches primary key (agent_uuid, kind),
  constraint ck__erc8004_file_fetches__kind check (kind in ('registration', 'domain')),
  constraint ck__erc8004_file_fetches__domain check ((kind = 'domain') = (domain is not null)),
  constraint ck__erc8004_file_fetches__status check (status in ('pending', 'resolved', 'failed')),
  constraint ck__erc8004_file_fetches__failed_has_reason
    check (status <> 'failed' or reason is not null),
  constraint ck__erc8004_file_fetches__resolved_is_complete check (
    status <> 'resolved'
    or num_nulls(sha256, is_checked, reference, resolved_at) = 0
  )
);

create index ix__erc8004_file_fetches__due_at
  on erc8004_file_fetches (due_at)
  where due_at is not null;

alter table erc8004_agent_search add column verified boolean not null default false;

create index ix__erc8004_agent_search__verified
  on erc8004_agent_search (agent_uuid)
  where verified;

-- The agents of registries whose files nobody has stored.
insert into erc8004_file_fetches (agent_uuid, kind)
select a.id, 'registration'
from erc8004_agents as a
where a.token_uri is not null
  and a.registration_file is null
  and not a.claimed
  and a.agent_id < 115792089237316195423570985008687907853269984665640564039457584007913129639936;
