-- name: update_leases
-- Lease the fetches that are due longest to this process, and return what each needs. Those that
-- another process is leasing are left to it.
with due as materialized (
  select f.agent_uuid, f.kind
  from erc8004_file_fetches as f
  where f.due_at <= now()
  order by f.due_at
  limit %(limit)s
  for update skip locked
)
update erc8004_file_fetches as f
set
  lease = f.lease + 1,
  due_at = now() + make_interval(secs => %(seconds)s)
from due
join erc8004_agents as a on a.id = due.agent_uuid
join erc8004_chains as c on c.name = a.chain
where f.agent_uuid = due.agent_uuid
  and f.kind = due.kind
returning
  f.agent_uuid::text as agent_uuid,
  f.kind,
  f.lease,
  f.domains,
  left(a.token_uri, %(characters)s) as token_uri,
  coalesce(a.unstorable ? 'token_uri', false) as is_altered,
  'eip155:' || c.chain_id || ':' || a.registry_address as registry,
  a.agent_id::text as agent_id;

-- name: update_postponed
-- Return a leased fetch to the queue for some seconds.
update erc8004_file_fetches as f
set due_at = now() + make_interval(secs => %(seconds)s)
where f.agent_uuid = %(agent_uuid)s
  and f.kind = %(kind)s
  and f.lease = %(lease)s;

-- name: update_resolved
-- Store the file to which the URI of an agent led, if the lease still holds, and what it proves; queue
-- the proof of its domains, if it names others than before. The file is fetched again after some
-- seconds, or never if they are null. Return a row if the lease held.
with resolved as (
  update erc8004_file_fetches as f
  set
    status = 'resolved',
    reason = null,
    failures = 0,
    due_at = now() + make_interval(secs => %(seconds)s::float8),
    sha256 = %(sha256)s,
    is_checked = %(is_checked)s,
    reference = %(reference)s,
    resolved_at = now()
  where f.agent_uuid = %(agent_uuid)s
    and f.kind = 'registration'
    and f.lease = %(lease)s
  returning f.agent_uuid
),
stored as (
  update erc8004_agents as a
  set
    registration_file = %(document)s::jsonb,
    unstorable = changed.unstorable,
    updated_at = now()
  from (
    select
      b.id,
      nullif(
        coalesce(b.unstorable - 'registration_file', '{}') || coalesce(%(marks)s::jsonb, '{}'), '{}'
      ) as unstorable
    from resolved as r
    join erc8004_agents as b on b.id = r.agent_uuid
  ) as changed
  where a.id = changed.id
    and (a.registration_file::text, a.unstorable)
      is distinct from (%(document)s::jsonb::text, changed.unstorable)
),
former as (
  delete from erc8004_file_fetches as f
  using resolved as r
  where f.agent_uuid = r.agent_uuid
    and f.kind = 'domain'
    and cardinality(%(domains)s::text[]) = 0
),
queued as (
  insert into erc8004_file_fetches as f (agent_uuid, kind, domain, domains)
  select r.agent_uuid, 'domain', (%(domains)s::text[])[1], %(domains)s::text[]
  from resolved as r
  where cardinality(%(domains)s::text[]) > 0
  on conflict on constraint pk__erc8004_file_fetches do update
  set
    domain = excluded.domain,
    domains = excluded.domains,
    status = 'pending',
    reason = null,
    failures = 0,
    lease = f.lease + 1,
    due_at = now(),
    sha256 = null,
    is_checked = null,
    reference = null,
    resolved_at = null
  where f.domains is distinct from excluded.domains
),
found as (
  update erc8004_agent_search as s
  set verified = coalesce(erc8004_is_verified(%(reference)s, %(is_checked)s), false)
  from resolved as r
  where s.agent_uuid = r.agent_uuid
    and s.verified <> coalesce(erc8004_is_verified(%(reference)s, %(is_checked)s), false)
)
select r.agent_uuid::text as agent_uuid
from resolved as r;

-- name: update_proof
-- Store what the file of a domain says of the agent, if the lease still holds. Return a row if it did.
update erc8004_file_fetches as f
set
  domain = %(domain)s,
  status = 'resolved',
  reason = null,
  failures = 0,
  due_at = now() + make_interval(secs => %(seconds)s::float8),
  sha256 = %(sha256)s,
  is_checked = %(is_checked)s,
  reference = %(reference)s,
  resolved_at = now()
where f.agent_uuid = %(agent_uuid)s
  and f.kind = 'domain'
  and f.lease = %(lease)s
returning f.agent_uuid::text as agent_uuid;

-- name: update_failed
-- Store why a fetch failed, if the lease still holds, and when to try again: after a minute, then
-- four times as long each time, up to a week; never if that cannot help. What was resolved before
-- stays for five failures in a row; then it proves nothing any more. Return a row if the lease held.
with failed as (
  update erc8004_file_fetches as f
  set
    status = later.status,
    reason = %(reason)s,
    failures = least(f.failures + 1, 100),
    due_at = case
      when %(is_final)s then null
      else now() + least('7 days'::interval, '1 minute'::interval * power(4, least(f.failures, 8)))
    end,
    sha256 = case later.status when 'resolved' then f.sha256 end,
    is_checked = case later.status when 'resolved' then f.is_checked end,
    reference = case later.status when 'resolved' then f.reference end,
    resolved_at = case later.status when 'resolved' then f.resolved_at end
  from (
    select
      b.agent_uuid,
      b.kind,
      case when b.status = 'resolved' and b.failures < 4 then 'resolved' else 'failed' end as status
    from erc8004_file_fetches as b
    where b.agent_uuid = %(agent_uuid)s
      and b.kind = %(kind)s
      and b.lease = %(lease)s
  ) as later
  where f.agent_uuid = later.agent_uuid
    and f.kind = later.kind
    and f.lease = %(lease)s
  returning f.agent_uuid, f.kind, f.status
),
found as (
  update erc8004_agent_search as s
  set verified = false
  from failed as f
  where f.kind = 'registration'
    and f.status = 'failed'
    and s.agent_uuid = f.agent_uuid
    and s.verified
)
select f.agent_uuid::text as agent_uuid
from failed as f;

-- name: update_gateway_set
-- Let the fetches for which no gateway was set be due at once.
update erc8004_file_fetches as f
set due_at = now()
where f.reason = 'no_gateway'
  and f.due_at > now();

-- name: get_queue
-- Return how many fetches are due, counted up to 10,000, and for how many seconds the first has been.
select
  count(*) as files_due,
  coalesce(extract(epoch from now() - min(waiting.due_at)), 0)::float8 as files_wait_seconds
from (
  select f.due_at
  from erc8004_file_fetches as f
  where f.due_at <= now()
  order by f.due_at
  limit 10000
) as waiting;
