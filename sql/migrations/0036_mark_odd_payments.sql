-- Mark imported texts of payments that PostgreSQL cannot store as they are.

alter table erc8004_agent_payments add column unstorable jsonb;

-- Check length and characters separately: a regular expression with a counted repetition costs more
-- than the rest of the row.
alter table erc8004_agent_payments drop constraint ck__erc8004_agent_payments__addresses;
alter table erc8004_agent_payments drop constraint ck__erc8004_agent_payments__nonce;
alter table erc8004_agent_payments
  add constraint ck__erc8004_agent_payments__addresses check (
    octet_length(payer_address) = 42
    and payer_address ~ '^0x[0-9a-f]*$'
    and octet_length(payee_address) = 42
    and payee_address ~ '^0x[0-9a-f]*$'
  );
alter table erc8004_agent_payments
  add constraint ck__erc8004_agent_payments__nonce
  check (octet_length(nonce) = 66 and nonce ~ '^0x[0-9a-f]*$');

alter table erc8004_validations drop constraint ck__erc8004_validations__addresses;
alter table erc8004_validations drop constraint ck__erc8004_validations__request_hash;
alter table erc8004_validations
  add constraint ck__erc8004_validations__addresses check (
    octet_length(registry_address) = 42
    and registry_address ~ '^0x[0-9a-f]*$'
    and octet_length(validator_address) = 42
    and validator_address ~ '^0x[0-9a-f]*$'
  );
alter table erc8004_validations
  add constraint ck__erc8004_validations__request_hash
  check (octet_length(request_hash) = 66 and request_hash ~ '^0x[0-9a-f]*$');
