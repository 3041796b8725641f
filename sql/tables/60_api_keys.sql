-- API keys, and the answers to requests with an Idempotency-Key.

-- `key` is the SHA-256 of the secret in lower-case hex, never the secret itself.
create table api_keys (
  id uuid not null,
  key text not null,
  key_prefix text not null,
  name text not null,
  tier text not null,
  scopes text[] not null,
  wallet_address text,
  status text not null default 'active',
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  family_id uuid not null,
  granted_until timestamptz,
  rotated_at timestamptz,

  constraint pk__api_keys primary key (id),
  constraint uq__api_keys__key unique (key),
  constraint uq__api_keys__key_prefix unique (key_prefix),
  constraint ck__api_keys__key_is_sha256 check (key ~ '^[0-9a-f]{64}$'),
  constraint ck__api_keys__name check (length(name) between 1 and 100),
  constraint ck__api_keys__tier check (tier in ('free', 'pro', 'team', 'enterprise')),
  constraint ck__api_keys__scopes
    check (scopes <@ array['read', 'write', 'payments', 'admin'] and cardinality(scopes) > 0),
  constraint ck__api_keys__wallet_address check (wallet_address ~ '^0x[0-9a-f]{40}$'),
  constraint ck__api_keys__write_has_wallet
    check (not scopes @> array['write'] or scopes @> array['admin'] or wallet_address is not null),
  constraint ck__api_keys__status check (status in ('active', 'revoked'))
);

comment on column api_keys.family_id is
  'The first of the keys that replaced each other by rotation; the own id of a key that replaced none.';
comment on column api_keys.granted_until is
  'When the key ends by the word of the operator; expires_at is earlier in the grace of a rotation.';

-- The keys that replaced each other by rotation.
create index ix__api_keys__family on api_keys (family_id, created_at);

-- The first answer to each Idempotency-Key, stored for 24 hours. It is written in the transaction
-- of the work, so an answer exists if and only if the work was committed.
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

comment on column idempotency_keys.api_key_id is 'The family_id of the API key.';

-- Old answers, which a refresh deletes.
create index ix__idempotency_keys__created on idempotency_keys (created_at);
