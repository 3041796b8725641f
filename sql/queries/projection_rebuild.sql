-- name: update_agents
-- Give up the agents of a chain, until the journal confirms them again.
update erc8004_agents as a
set source = 'import'
where a.chain = %(chain)s
  and a.source = 'chain';

-- name: delete_metadata
-- Delete the metadata that the chain said.
delete from erc8004_agent_metadata as m
using erc8004_agents as a
where a.id = m.agent_uuid
  and a.chain = %(chain)s
  and a.registered_at is not null;

-- name: delete_epochs
-- Delete the epochs of ownership of a chain.
delete from erc8004_ownership_epochs as e
using erc8004_agents as a
where a.id = e.agent_uuid
  and a.chain = %(chain)s;

-- name: delete_responses
-- Delete the responses that were read from a chain.
delete from erc8004_feedback_responses as p
using erc8004_reputation as r
where r.id = p.feedback_id
  and r.chain = %(chain)s
  and p.source = 'chain';

-- name: update_feedback
-- Give up the feedback of a chain, until the journal confirms it again by its transaction.
update erc8004_reputation as r
set
  source = 'import',
  feedback_index = null
where r.chain = %(chain)s
  and r.source = 'chain';

-- name: update_validations
-- Give up the validations of a chain, until the journal confirms them again.
update erc8004_validations as v
set source = 'import'
where v.chain = %(chain)s
  and v.source = 'chain';

-- name: delete_unprojected
-- Delete the records of logs that led to no row.
delete from erc8004_chain_unprojected as u
where u.chain = %(chain)s;

-- name: update_cursor
-- Set the cursor of what is projected to its beginning, by whatever rules it got further.
update erc8004_chain_cursors as c
set
  projected_block = c.from_block - 1,
  decoder_version = 0
where c.chain = %(chain)s;

-- name: delete_feedback
-- Delete the feedback that the journal did not confirm; only the chain gives a block.
delete from erc8004_reputation as r
where r.chain = %(chain)s
  and r.source <> 'chain'
  and r.block_number is not null;

-- name: delete_validations
-- Delete the validations that the journal did not confirm.
delete from erc8004_validations as v
where v.chain = %(chain)s
  and v.source <> 'chain'
  and v.block_number is not null;

-- name: update_unconfirmed
-- Mark agents that the journal did not confirm as claims; payments and feedback may refer to them.
update erc8004_agents as a
set
  source = 'api',
  claimed = true,
  agent_wallet = null,
  registered_at = null,
  owner_since = null
where a.chain = %(chain)s
  and a.source <> 'chain'
  and a.registered_at is not null;
