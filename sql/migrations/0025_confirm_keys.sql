-- A write confirms its key; keys that replaced each other are one family; the end that an
-- operator granted outlives a rotation.

alter table api_keys
  add column family_id uuid,
  add column granted_until timestamptz,
  add column rotated_at timestamptz;

-- Each key is a family of its own, but for those that a rotation made: the old key then ends
-- whole seconds, the grace, after the new one began, to the microsecond.
with recursive
replaced as (
  select n.id, n.created_at, o.id as old_id
  from api_keys as n
  join api_keys as o
    on o.name = n.name
    and o.tier = n.tier
    and o.scopes = n.scopes
    and o.wallet_address is not distinct from n.wallet_address
    and o.created_at < n.created_at
    and o.expires_at >= n.created_at
    and mod(extract(microseconds from o.expires_at), 1000000)
      = mod(extract(microseconds from n.created_at), 1000000)
  where mod(extract(microseconds from n.created_at), 1000000) <> 0
),
members as (
  select k.id, k.id as family_id, k.created_at
  from api_keys as k
  where not exists (select from replaced as r where r.id = k.id)
  union
  select r.id, m.family_id, r.created_at
  from replaced as r
  join members as m on m.id = r.old_id
),
families as (
  select distinct on (m.id)
    m.id,
    m.family_id,
    (select min(r.created_at) from replaced as r where r.old_id = m.id) as rotated_at,
    last_value(m.id) over (
      partition by m.family_id order by m.created_at, m.id
      rows between unbounded preceding and unbounded following
    ) as newest_id
  from members as m
  order by m.id, m.family_id
)
update api_keys as k
set
  family_id = f.family_id,
  rotated_at = f.rotated_at,
  granted_until = case when f.rotated_at is null then k.expires_at else newest.expires_at end
from families as f
join api_keys as newest on newest.id = f.newest_id
where f.id = k.id;

alter table api_keys alter column family_id set not null;

comment on column api_keys.family_id is
  'The first of the keys that replaced each other by rotation; the own id of a key that replaced none.';
comment on column api_keys.granted_until is
  'When the key ends by the word of the operator; expires_at is earlier in the grace of a rotation.';

-- The predecessors of a key.
create index ix__api_keys__family on api_keys (family_id, created_at);

-- An answer belongs to the family, so that it is found by the key that replaced another.
comment on column idempotency_keys.api_key_id is 'The family_id of the API key.';

insert into idempotency_keys (
  api_key_id, idempotency_key, request_hash, status, headers, body, created_at
)
select k.family_id, i.idempotency_key, i.request_hash, i.status, i.headers, i.body, i.created_at
from idempotency_keys as i
join api_keys as k on k.id = i.api_key_id
where k.family_id <> k.id
order by i.created_at
on conflict on constraint pk__idempotency_keys do nothing;

create function erc8004_complete_key() returns trigger
language plpgsql
as $$
begin
  new.family_id := coalesce(new.family_id, new.id);
  new.granted_until := coalesce(new.granted_until, new.expires_at);
  return new;
end;
$$;

create trigger tr__api_keys__inserted
before insert on api_keys
for each row execute function erc8004_complete_key();

-- The lock of a key, one of 1,024, so that a change of all keys does not run out of locks.
create function erc8004_key_lock(key_id uuid) returns integer
language sql immutable parallel safe
return hashtext(key_id::text) & 1023;

-- What changes the rights of a key waits for the writes that it authorised, and no write begins
-- meanwhile: once the change is committed, nothing is written by the rights of before. Advisory
-- locks, as they are granted in order: row locks that many writers share starve who changes the row.
create function erc8004_change_key() returns trigger
language plpgsql
as $$
begin
  perform pg_advisory_xact_lock(hashtext('api_keys'), erc8004_key_lock(old.id));
  if tg_op = 'DELETE' then
    return old;
  end if;
  if new.rotated_at is not distinct from old.rotated_at
    and new.expires_at is distinct from old.expires_at then
    new.granted_until := new.expires_at;
  end if;
  return new;
end;
$$;

create trigger tr__api_keys__changed
before update of status, expires_at, scopes, wallet_address, tier on api_keys
for each row execute function erc8004_change_key();

create trigger tr__api_keys__deleted
before delete on api_keys
for each row execute function erc8004_change_key();

-- Refuses a write whose key is not active, has expired, or has other rights than those that
-- authorised it; holds these rights until the transaction ends.
create function erc8004_confirm_key(
  key_id uuid, known_scopes text[], known_wallet_address text, known_tier text
) returns void
language plpgsql
as $$
begin
  if not pg_try_advisory_xact_lock_shared(hashtext('api_keys'), erc8004_key_lock(key_id)) then
    raise exception 'the API key of this write is being changed'
      using errcode = 'serialization_failure';
  end if;
  if not exists (
    select
    from api_keys as k
    where k.id = key_id
      and k.status = 'active'
      and (k.expires_at is null or k.expires_at > clock_timestamp())
      and k.scopes <@ known_scopes
      and k.scopes @> known_scopes
      and k.wallet_address is not distinct from known_wallet_address
      and k.tier = known_tier
  ) then
    raise exception 'the API key of this write is no longer what it was' using errcode = 'KEY01';
  end if;
end;
$$;
