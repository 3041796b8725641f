-- API keys. key holds the SHA-256 of the secret in lower-case hex, never the secret.

create table api_keys (
  id uuid not null default erc8004_uuid(),
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
