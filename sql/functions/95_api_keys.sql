-- The rights of API keys: a change of them waits for the writes that they authorized.

-- Set the columns that the insert of a key left out.
create or replace function erc8004_set_key_defaults() returns trigger
language plpgsql
as $$
begin
  new.family_id := coalesce(new.family_id, new.id);
  new.granted_until := coalesce(new.granted_until, new.expires_at);
  return new;
end;
$$;

create or replace trigger tr__api_keys__inserted
before insert on api_keys
for each row execute function erc8004_set_key_defaults();

-- Return the number of a key's advisory lock, one of 1,024, so that a change of all keys does not
-- run out of locks.
create or replace function erc8004_key_lock_number(key_id uuid) returns integer
language sql immutable parallel safe
return hashtext(key_id::text) & 1023;

-- Make a change of a key's rights wait for the writes that the key authorized, and let no write
-- begin meanwhile: once the change is committed, nothing is written with the former rights.
-- Advisory locks are granted in order; row locks that many writers share would starve the change.
create or replace function erc8004_lock_key_change() returns trigger
language plpgsql
as $$
begin
  perform pg_advisory_xact_lock(hashtext('api_keys'), erc8004_key_lock_number(old.id));
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

create or replace trigger tr__api_keys__changed
before update of status, expires_at, scopes, wallet_address, tier on api_keys
for each row execute function erc8004_lock_key_change();

create or replace trigger tr__api_keys__deleted
before delete on api_keys
for each row execute function erc8004_lock_key_change();

-- Refuse a write if its key is not active, has expired, or has other rights than those that
-- authorized the write; lock these rights until the transaction ends.
create or replace function erc8004_confirm_key(
  key_id uuid, known_scopes text[], known_wallet_address text, known_tier text
) returns void
language plpgsql
as $$
begin
  if not pg_try_advisory_xact_lock_shared(hashtext('api_keys'), erc8004_key_lock_number(key_id)) then
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
