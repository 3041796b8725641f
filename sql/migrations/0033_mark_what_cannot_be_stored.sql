-- Mark the fields of agents that cannot be stored as the chain holds them, and store longer URIs.

alter table erc8004_agents
  add column unstorable jsonb,
  add constraint ck__erc8004_agents__unstorable
    check (jsonb_typeof(unstorable) = 'object' and unstorable <> '{}'),
  drop constraint ck__erc8004_agents__token_uri,
  add constraint ck__erc8004_agents__token_uri check (octet_length(token_uri) <= 65536);
