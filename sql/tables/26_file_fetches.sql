-- The queue of the files to fetch, which is also the record of what each was resolved to.

-- One row per agent and kind: `registration` is the file to which its token_uri leads, `domain` the
-- file by which the domain of its service proves that it knows the agent. `due_at` is when to fetch it,
-- null for never: what a URI holds itself does not change. A fetch in progress is due again after its
-- lease; `lease` counts, so that what a fetch finds is dropped if the URI has changed or another
-- process has taken over. `failures` is the number in a row. `reference` is what the file says of the
-- agent, null if there is none; `is_checked` is false if only a gateway vouches for the content.
-- The rows have no foreign key: triggers insert and delete them with their agents
-- (functions/42_file_fetches.sql).
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

create index ix__erc8004_file_fetches__proved_domain
  on erc8004_file_fetches (domain)
  where reference = 'verified' and domain is not null;
