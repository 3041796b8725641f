-- name: get_lock
-- Waits until no other load of demo data runs; held until the transaction ends.
select pg_advisory_xact_lock(hashtext('kamiyo demo'));

-- name: get_loaded
-- A row where demo agents are there: they have a registry of their own.
select true as loaded
where exists (
  select
  from erc8004_agents as a
  where a.registry_address = %(registry_address)s
);

-- name: get_any_agent
-- A row where there is any agent, of the demo or not.
select true as found
where exists (select from erc8004_agents);

-- name: copy_agents
-- Demo agents; the trigger carries them into search.
copy erc8004_agents (
  id, agent_id, chain, registry_address, owner_address, token_uri, registration_file,
  status, tx_hash, created_at, updated_at, last_activity_at
)
from stdin with (encoding 'utf8');

-- name: copy_metadata
-- Metadata of demo agents.
copy erc8004_agent_metadata (agent_uuid, key, value, updated_at)
from stdin with (encoding 'utf8');

-- name: copy_feedback
-- Feedback to demo agents; the trigger sets the scores that are not given.
copy erc8004_reputation (
  id, agent_uuid, client_address, value, value_decimals, score, tag1, tag2,
  endpoint, chain, tx_hash, is_revoked, revoked_at, revocation_reason, created_at
)
from stdin with (encoding 'utf8');

-- name: copy_responses
-- Responses to demo feedback.
copy erc8004_feedback_responses (
  id, feedback_id, responder_address, response_uri, created_at
)
from stdin with (encoding 'utf8');

-- name: copy_payments
-- Payments to demo agents.
copy erc8004_agent_payments (
  id, agent_uuid, chain, tx_hash, amount_usdc, status, endpoint, failure_reason,
  created_at, verified_at
)
from stdin with (encoding 'utf8');

-- name: copy_validations
-- Validation requests for demo agents.
copy erc8004_validations (
  id, agent_uuid, chain, registry_address, request_hash, request_uri, validator_address,
  status, response, tag, responded_at, created_at, expires_at
)
from stdin with (encoding 'utf8');

-- name: analyze_tables
-- Tells the planner of the many new rows.
analyze
  erc8004_agents,
  erc8004_agent_metadata,
  erc8004_agent_search,
  erc8004_reputation,
  erc8004_feedback_responses,
  erc8004_agent_payments,
  erc8004_validations;
