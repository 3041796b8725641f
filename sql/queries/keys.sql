-- name: get_by_hash
-- Return the API key whose secret has this SHA-256, and the seconds until it expires, at most an
-- hour.
select
  k.id as key_id,
  k.family_id,
  k.key,
  k.key_prefix,
  k.name,
  k.tier,
  k.scopes,
  k.wallet_address,
  k.status,
  k.created_at,
  k.expires_at,
  extract(
    epoch from greatest(least(k.expires_at, now() + interval '1 hour'), now()) - now()
  )::float8 as seconds_left,
  coalesce(k.last_used_at < now() - interval '1 minute', true) as is_use_unrecorded
from api_keys as k
where k.key = %(key)s;

-- name: get_confirmed
-- Return nothing if the key of a write has the rights that authorised it; raise KEY01 otherwise.
select erc8004_confirm_key(
  %(confirmed_key_id)s, %(known_scopes)s, %(known_wallet_address)s, %(known_tier)s
);

-- name: update_last_used
-- Record the use of a key, unless a concurrent request is recording it.
update api_keys as k
set last_used_at = now()
where k.id = (
  select u.id
  from api_keys as u
  where u.id = %(key_id)s
  for no key update skip locked
);

-- name: insert
-- Insert an API key.
insert into api_keys (key, key_prefix, name, tier, scopes, wallet_address, expires_at)
values (
  %(key)s, %(key_prefix)s, %(name)s, %(tier)s, %(scopes)s, %(wallet_address)s,
  now() + %(lifetime)s::interval
);

-- name: get_for_update
-- Return one key, and lock it for a change.
select k.id as key_id
from api_keys as k
where k.key_prefix = %(key_prefix)s
for update;

-- name: insert_rotated
-- Insert a key with all rights of an old key that is still valid, until the end that was granted
-- to the old key.
insert into api_keys (
  key, key_prefix, name, tier, scopes, wallet_address, expires_at, family_id
)
select
  %(key)s, %(key_prefix)s, k.name, k.tier, k.scopes, k.wallet_address, k.granted_until, k.family_id
from api_keys as k
where k.key_prefix = %(old_key_prefix)s
  and k.status = 'active'
  and (k.expires_at is null or k.expires_at > now());

-- name: update_rotated
-- Let a key that was replaced expire after the grace period, or earlier if it would anyway.
update api_keys as k
set
  expires_at = least(k.expires_at, now() + %(grace)s::interval),
  rotated_at = now()
where k.key_prefix = %(key_prefix)s;

-- name: update_revoked
-- Revoke a key and, if with_predecessors is true, the keys of its family before it, and return
-- those that were active.
with key as (
  select k.id, k.family_id, k.created_at
  from api_keys as k
  where k.key_prefix = %(key_prefix)s
)
update api_keys as k
set status = 'revoked'
from key
where k.status = 'active'
  and (
    k.id = key.id
    or (
      %(with_predecessors)s
      and k.family_id = key.family_id
      and (k.created_at, k.id) < (key.created_at, key.id)
    )
  )
returning k.key_prefix, k.created_at;

-- name: list_successors
-- Return the valid keys of a key's family that came after it, newest first.
select s.key_prefix
from api_keys as k
join api_keys as s
  on s.family_id = k.family_id
  and (s.created_at, s.id) > (k.created_at, k.id)
where k.key_prefix = %(key_prefix)s
  and s.status = 'active'
  and (s.expires_at is null or s.expires_at > now())
order by s.created_at desc, s.id desc
limit 10000;

-- name: list
-- Return all keys, newest first; never a secret.
select
  k.family_id,
  k.key_prefix,
  k.name,
  k.tier,
  k.scopes,
  k.wallet_address,
  case when k.status = 'active' and k.expires_at <= now() then 'expired' else k.status end
    as status,
  k.created_at,
  k.expires_at,
  k.last_used_at
from api_keys as k
order by k.created_at desc, k.id desc
limit 10000;
