-- name: insert
-- Claim an idempotency key for one request of a family of API keys, and return a row if it was
-- free; wait for a concurrent request that claims it. No row if it was claimed within the last 24
-- hours.
insert into idempotency_keys as i (api_key_id, idempotency_key, request_hash)
values (%(family_id)s, %(idempotency_key)s, %(request_hash)s)
on conflict on constraint pk__idempotency_keys do update
set
  request_hash = excluded.request_hash,
  created_at = now()
where i.created_at < now() - interval '24 hours'
returning i.idempotency_key;

-- name: get
-- Return the first answer to an idempotency key.
select
  i.request_hash,
  i.status,
  i.headers,
  i.body
from idempotency_keys as i
where i.api_key_id = %(family_id)s
  and i.idempotency_key = %(idempotency_key)s;

-- name: update_answer
-- Store the answer, in the transaction of the work.
update idempotency_keys as i
set
  status = %(status)s,
  headers = %(headers)s::jsonb,
  body = %(body)s
where i.api_key_id = %(family_id)s
  and i.idempotency_key = %(idempotency_key)s;
