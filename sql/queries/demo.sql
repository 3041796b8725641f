-- name: get_lock
-- Wait until no other load of demo data runs, and lock others out until the transaction ends.
select pg_advisory_xact_lock(hashtext('kamiyo demo'));

-- name: get_loaded
-- Return a row if there are demo agents, which have a registry of their own.
select true as loaded
where exists (
  select
  from erc8004_agents as a
  where a.registry_address = %(registry_address)s
);

-- name: get_any_agent
-- Return a row if there is any agent, of the demo or not.
select true as found
where exists (select from erc8004_agents);

-- name: copy_agents
-- Copy demo agents; a trigger adds them to the search.
copy erc8004_agents (
  id, agent_id, chain, registry_address, owner_address, token_uri, registration_file,
  status, tx_hash, created_at, updated_at, last_activity_at,
  claimed, owner_since
)
from stdin with (encoding 'utf8');

-- name: copy_metadata
-- Copy the metadata of demo agents.
copy erc8004_agent_metadata (agent_uuid, key, value, updated_at)
from stdin with (encoding 'utf8');

-- name: copy_feedback
-- Copy feedback to demo agents; a trigger computes the scores that are missing.
copy erc8004_reputation (
  id, agent_uuid, client_address, value, value_decimals, score, tag1, tag2,
  endpoint, chain, tx_hash, is_revoked, revoked_at, revocation_reason, created_at
)
from stdin with (encoding 'utf8');

-- name: copy_responses
-- Copy responses to demo feedback.
copy erc8004_feedback_responses (
  id, feedback_id, responder_address, response_uri, created_at
)
from stdin with (encoding 'utf8');

-- name: copy_payments
-- Copy payments to demo agents.
copy erc8004_agent_payments (
  id, agent_uuid, chain, tx_hash, log_index, payer_address, payee_address, nonce,
  amount_usdc, status, endpoint, failure_reason,
  created_at, verified_at
)
from stdin with (encoding 'utf8');

-- name: copy_validations
-- Copy validation requests for demo agents.
copy erc8004_validations (
  id, agent_uuid, chain, registry_address, request_hash, request_uri, validator_address,
  status, response, tag, responded_at, created_at, expires_at
)
from stdin with (encoding 'utf8');

-- name: update_fetches
-- Never fetch the files of demo agents, whose hosts do not exist; they would hold up the others.
update erc8004_file_fetches as f
set due_at = null
from erc8004_agents as a
where a.id = f.agent_uuid
  and a.registry_address = %(registry_address)s;

-- name: analyze_tables
-- Update the planner's statistics after many new rows.
analyze
  erc8004_agents,
  erc8004_agent_metadata,
  erc8004_agent_search,
  erc8004_reputation,
  erc8004_feedback_responses,
  erc8004_agent_payments,
  erc8004_validations;
