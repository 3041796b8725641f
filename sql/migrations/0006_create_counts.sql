-- Counts, so that nothing reads history twice: every write leaves a change row behind, the
-- refresh folds the changes into counts, and the materialized views read the counts.
--
-- Which changes a fold takes is decided by its snapshot alone: it deletes the rows that it
-- sees and counts what it deleted, in one statement. A change that is committed later is not
-- seen and waits for the next fold; a reader sees either the change or its count, never both.

create table erc8004_feedback_changes (
  agent_uuid uuid not null,
  client_address text not null,
  sign smallint not null,
  is_revoked boolean not null,
  score numeric(5, 2),
  created_at timestamptz not null,

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

  constraint ck__erc8004_payment_changes__sign check (sign in (-1, 1))
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

create index ix__erc8004_payment_changes__agent on erc8004_payment_changes (agent_uuid);

-- A row that comes counts once more, one that goes once less, one that changes both.
create function erc8004_note_feedback() returns trigger
language plpgsql
as $$
begin
  if tg_op <> 'INSERT' then
    insert into erc8004_feedback_changes
      (agent_uuid, client_address, sign, is_revoked, score, created_at)
    select agent_uuid, client_address, -1, is_revoked, score, created_at from gone;
  end if;
  if tg_op <> 'DELETE' then
    insert into erc8004_feedback_changes
      (agent_uuid, client_address, sign, is_revoked, score, created_at)
    select agent_uuid, client_address, 1, is_revoked, score, created_at from come;
  end if;
  return null;
end;
$$;

create trigger tr__erc8004_reputation__inserted
after insert on erc8004_reputation
referencing new table as come
for each statement execute function erc8004_note_feedback();

create trigger tr__erc8004_reputation__updated
after update on erc8004_reputation
referencing old table as gone new table as come
for each statement execute function erc8004_note_feedback();

create trigger tr__erc8004_reputation__deleted
after delete on erc8004_reputation
referencing old table as gone
for each statement execute function erc8004_note_feedback();

create function erc8004_note_payments() returns trigger
language plpgsql
as $$
begin
  if tg_op <> 'INSERT' then
    insert into erc8004_payment_changes
      (agent_uuid, sign, status, amount_usdc, endpoint, created_at)
    select agent_uuid, -1, status, amount_usdc, endpoint, created_at from gone;
  end if;
  if tg_op <> 'DELETE' then
    insert into erc8004_payment_changes
      (agent_uuid, sign, status, amount_usdc, endpoint, created_at)
    select agent_uuid, 1, status, amount_usdc, endpoint, created_at from come;
  end if;
  return null;
end;
$$;

create trigger tr__erc8004_agent_payments__inserted
after insert on erc8004_agent_payments
referencing new table as come
for each statement execute function erc8004_note_payments();

create trigger tr__erc8004_agent_payments__updated
after update on erc8004_agent_payments
referencing old table as gone new table as come
for each statement execute function erc8004_note_payments();

create trigger tr__erc8004_agent_payments__deleted
after delete on erc8004_agent_payments
referencing old table as gone
for each statement execute function erc8004_note_payments();

-- What is counted of one client of an agent. Revoked feedback counts in revoked_feedback
-- and in nothing else.
create table erc8004_client_counts (
  agent_uuid uuid not null,
  client_address text not null,
  total_feedback bigint not null,
  scored_feedback bigint not null,
  score_sum numeric not null,
  positive_feedback bigint not null,
  negative_feedback bigint not null,
  revoked_feedback bigint not null,

  constraint pk__erc8004_client_counts primary key (agent_uuid, client_address),
  constraint fk__erc8004_client_counts__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

-- What is counted of one agent: the sums over its clients.
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

  constraint pk__erc8004_feedback_counts primary key (agent_uuid),
  constraint fk__erc8004_feedback_counts__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

-- What is counted of one endpoint of an agent, known by its hash, as an endpoint may be
-- longer than an index takes.
create table erc8004_endpoint_counts (
  agent_uuid uuid not null,
  endpoint_hash uuid not null,
  total_payments bigint not null,

  constraint pk__erc8004_endpoint_counts primary key (agent_uuid, endpoint_hash),
  constraint fk__erc8004_endpoint_counts__agent
    foreign key (agent_uuid) references erc8004_agents (id) on delete cascade
);

-- What is counted of the payments of one agent.
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

-- When an agent last got feedback that stands; one step into an index.
create function erc8004_last_feedback_at(agent uuid) returns timestamptz
language sql stable parallel safe
begin atomic
  select r.created_at
  from erc8004_reputation as r
  where r.agent_uuid = agent
    and not r.is_revoked
  order by r.created_at desc, r.id desc
  limit 1;
end;

create function erc8004_last_payment_at(agent uuid) returns timestamptz
language sql stable parallel safe
begin atomic
  select p.created_at
  from erc8004_agent_payments as p
  where p.agent_uuid = agent
  order by p.created_at desc, p.id desc
  limit 1;
end;

-- Folds the feedback changes that this statement sees; the agents whose counts changed.
-- Only one fold runs at a time: the refresh holds a lock. Its body is text, here and below:
-- of a parsed one with two upserts pg_dump writes what nothing can restore.
create function erc8004_fold_feedback() returns setof uuid
language sql
as $$
  with taken as (
    delete from erc8004_feedback_changes
    returning agent_uuid, client_address, sign, is_revoked, score
  ),
  by_client as (
    select
      t.agent_uuid,
      t.client_address,
      coalesce(sum(t.sign) filter (where not t.is_revoked), 0) as total_feedback,
      coalesce(sum(t.sign) filter (where not t.is_revoked and t.score is not null), 0)
        as scored_feedback,
      coalesce(sum(t.sign * t.score) filter (where not t.is_revoked), 0) as score_sum,
      coalesce(sum(t.sign) filter (where not t.is_revoked and t.score >= 80), 0)
        as positive_feedback,
      coalesce(sum(t.sign) filter (where not t.is_revoked and t.score < 50), 0)
        as negative_feedback,
      coalesce(sum(t.sign) filter (where t.is_revoked), 0) as revoked_feedback
    from taken as t
    join erc8004_agents as a on a.id = t.agent_uuid
    group by t.agent_uuid, t.client_address
  ),
  clients as (
    insert into erc8004_client_counts as c (
      agent_uuid, client_address, total_feedback, scored_feedback, score_sum,
      positive_feedback, negative_feedback, revoked_feedback
    )
    select
      b.agent_uuid, b.client_address, b.total_feedback, b.scored_feedback, b.score_sum,
      b.positive_feedback, b.negative_feedback, b.revoked_feedback
    from by_client as b
    on conflict on constraint pk__erc8004_client_counts do update
    set
      total_feedback = c.total_feedback + excluded.total_feedback,
      scored_feedback = c.scored_feedback + excluded.scored_feedback,
      score_sum = c.score_sum + excluded.score_sum,
      positive_feedback = c.positive_feedback + excluded.positive_feedback,
      negative_feedback = c.negative_feedback + excluded.negative_feedback,
      revoked_feedback = c.revoked_feedback + excluded.revoked_feedback
  ),
  by_agent as (
    select
      b.agent_uuid,
      sum(b.total_feedback) as total_feedback,
      sum(b.scored_feedback) as scored_feedback,
      sum(b.score_sum) as score_sum,
      sum(b.positive_feedback) as positive_feedback,
      sum(b.negative_feedback) as negative_feedback,
      sum(b.revoked_feedback) as revoked_feedback,
      -- The counts before this fold: a statement does not see what its parts write.
      sum(
        (coalesce(c.total_feedback, 0) + b.total_feedback > 0)::int
        - (coalesce(c.total_feedback, 0) > 0)::int
      ) as unique_clients
    from by_client as b
    left join erc8004_client_counts as c using (agent_uuid, client_address)
    group by b.agent_uuid
  )
  insert into erc8004_feedback_counts as f (
    agent_uuid, total_feedback, scored_feedback, score_sum, positive_feedback,
    negative_feedback, revoked_feedback, unique_clients, last_feedback_at
  )
  select
    b.agent_uuid, b.total_feedback, b.scored_feedback, b.score_sum, b.positive_feedback,
    b.negative_feedback, b.revoked_feedback, b.unique_clients,
    erc8004_last_feedback_at(b.agent_uuid)
  from by_agent as b
  on conflict on constraint pk__erc8004_feedback_counts do update
  set
    total_feedback = f.total_feedback + excluded.total_feedback,
    scored_feedback = f.scored_feedback + excluded.scored_feedback,
    score_sum = f.score_sum + excluded.score_sum,
    positive_feedback = f.positive_feedback + excluded.positive_feedback,
    negative_feedback = f.negative_feedback + excluded.negative_feedback,
    revoked_feedback = f.revoked_feedback + excluded.revoked_feedback,
    unique_clients = f.unique_clients + excluded.unique_clients,
    last_feedback_at = excluded.last_feedback_at
  returning f.agent_uuid;
$$;

-- Folds the payment changes that this statement sees; the agents whose counts changed.
create function erc8004_fold_payments() returns setof uuid
language sql
as $$
  with taken as (
    delete from erc8004_payment_changes
    returning agent_uuid, sign, status, amount_usdc, md5(endpoint)::uuid as endpoint_hash
  ),
  standing as (
    select t.agent_uuid, t.sign, t.status, t.amount_usdc, t.endpoint_hash
    from taken as t
    join erc8004_agents as a on a.id = t.agent_uuid
  ),
  by_endpoint as (
    select s.agent_uuid, s.endpoint_hash, sum(s.sign) as total_payments
    from standing as s
    where s.endpoint_hash is not null
    group by s.agent_uuid, s.endpoint_hash
  ),
  endpoints as (
    insert into erc8004_endpoint_counts as e (agent_uuid, endpoint_hash, total_payments)
    select b.agent_uuid, b.endpoint_hash, b.total_payments
    from by_endpoint as b
    on conflict on constraint pk__erc8004_endpoint_counts do update
    set total_payments = e.total_payments + excluded.total_payments
  ),
  endpoints_by_agent as (
    select
      b.agent_uuid,
      sum(
        (coalesce(e.total_payments, 0) + b.total_payments > 0)::int
        - (coalesce(e.total_payments, 0) > 0)::int
      ) as unique_endpoints_used
    from by_endpoint as b
    left join erc8004_endpoint_counts as e using (agent_uuid, endpoint_hash)
    group by b.agent_uuid
  ),
  by_agent as (
    select
      s.agent_uuid,
      sum(s.sign) as total_payments,
      coalesce(sum(s.sign) filter (where s.status = 'verified'), 0) as successful_payments,
      coalesce(sum(s.sign) filter (where s.status in ('failed', 'rejected')), 0)
        as failed_payments,
      coalesce(sum(s.sign * s.amount_usdc) filter (where s.status = 'verified'), 0)
        as total_amount_usdc
    from standing as s
    group by s.agent_uuid
  )
  insert into erc8004_payment_counts as p (
    agent_uuid, total_payments, successful_payments, failed_payments, total_amount_usdc,
    unique_endpoints_used, last_payment_at
  )
  select
    b.agent_uuid, b.total_payments, b.successful_payments, b.failed_payments,
    b.total_amount_usdc, coalesce(e.unique_endpoints_used, 0),
    erc8004_last_payment_at(b.agent_uuid)
  from by_agent as b
  left join endpoints_by_agent as e using (agent_uuid)
  on conflict on constraint pk__erc8004_payment_counts do update
  set
    total_payments = p.total_payments + excluded.total_payments,
    successful_payments = p.successful_payments + excluded.successful_payments,
    failed_payments = p.failed_payments + excluded.failed_payments,
    total_amount_usdc = p.total_amount_usdc + excluded.total_amount_usdc,
    unique_endpoints_used = p.unique_endpoints_used + excluded.unique_endpoints_used,
    last_payment_at = excluded.last_payment_at
  returning p.agent_uuid;
$$;

-- Forgets every count and makes each row of history a change again, for a full rebuild.
-- One statement, so that what it forgets and what it reads are of one snapshot.
create procedure erc8004_unfold()
language sql
begin atomic
  with feedback_counts as (delete from erc8004_feedback_counts),
  client_counts as (delete from erc8004_client_counts),
  payment_counts as (delete from erc8004_payment_counts),
  endpoint_counts as (delete from erc8004_endpoint_counts),
  feedback_changes as (delete from erc8004_feedback_changes),
  payment_changes as (delete from erc8004_payment_changes),
  feedback as (
    insert into erc8004_feedback_changes
      (agent_uuid, client_address, sign, is_revoked, score, created_at)
    select r.agent_uuid, r.client_address, 1, r.is_revoked, r.score, r.created_at
    from erc8004_reputation as r
  )
  insert into erc8004_payment_changes
    (agent_uuid, sign, status, amount_usdc, endpoint, created_at)
  select p.agent_uuid, 1, p.status, p.amount_usdc, p.endpoint, p.created_at
  from erc8004_agent_payments as p;
end;
