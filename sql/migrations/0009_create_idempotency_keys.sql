-- The first answer to each Idempotency-Key, kept for 24 hours; written in the transaction
-- of the work, so that there is an answer if and only if the work was kept.

create table idempotency_keys (
  api_key_id uuid not null,
  idempotency_key text not null,
  request_hash bytea not null,
  status smallint,
  headers jsonb,
  body bytea,
  created_at timestamptz not null default now(),

  constraint pk__idempotency_keys primary key (api_key_id, idempotency_key)
);

create index ix__idempotency_keys__created on idempotency_keys (created_at);
