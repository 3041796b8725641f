-- name: get_by_hash
-- The API key whose secret has this SHA-256.
select
  k.id as key_id,
  k.key,
  k.key_prefix,
  k.name,
  k.tier,
  k.scopes,
  k.wallet_address,
  k.status,
  k.created_at,
  k.expires_at,
  coalesce(k.last_used_at < now() - interval '1 minute', true) as is_use_unrecorded
from api_keys as k
where k.key = %(key)s;

-- name: update_last_used
-- Records the use of a key; skipped where another request is recording it right now.
update api_keys as k
set last_used_at = now()
where k.id = (
  select u.id
  from api_keys as u
  where u.id = %(key_id)s
  for no key update skip locked
);

-- name: insert
-- A new API key.
insert into api_keys (key, key_prefix, name, tier, scopes, wallet_address, expires_at)
values (
  %(key)s, %(key_prefix)s, %(name)s, %(tier)s, %(scopes)s, %(wallet_address)s,
  now() + %(lifetime)s::interval
);

-- name: insert_rotated
-- A new key with all rights of an old one that still works.
insert into api_keys (key, key_prefix, name, tier, scopes, wallet_address, expires_at)
select %(key)s, %(key_prefix)s, k.name, k.tier, k.scopes, k.wallet_address, k.expires_at
from api_keys as k
where k.key_prefix = %(old_key_prefix)s
  and k.status = 'active'
  and (k.expires_at is null or k.expires_at > now());

-- name: update_expiry
-- Lets a key expire after the grace, or earlier if it would anyway.
update api_keys as k
set expires_at = least(k.expires_at, now() + %(grace)s::interval)
where k.key_prefix = %(key_prefix)s;

-- name: update_revoked
-- Revokes one key.
update api_keys as k
set status = 'revoked'
where k.key_prefix = %(key_prefix)s
  and k.status = 'active';

-- name: list
-- All keys, newest first; never a secret.
select
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
