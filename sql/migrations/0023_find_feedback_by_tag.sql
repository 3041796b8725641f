-- Reads of an agent's feedback cost what they show: by tag, without what was revoked, and with
-- the responses of its owner first.

-- What was revoked stands apart, so that no number of revoked rows lies between a reader and
-- those that stand.
drop index ix__erc8004_reputation__agent_created;
create index ix__erc8004_reputation__agent_created
  on erc8004_reputation (agent_uuid, is_revoked, created_at, id);

-- By one tag, and by both; feedback without tags stands in none of them.
create index ix__erc8004_reputation__agent_tag1
  on erc8004_reputation (agent_uuid, tag1, is_revoked, created_at, id)
  where tag1 is not null;
create index ix__erc8004_reputation__agent_tag2
  on erc8004_reputation (agent_uuid, tag2, is_revoked, created_at, id)
  where tag2 is not null;
create index ix__erc8004_reputation__agent_tags
  on erc8004_reputation (agent_uuid, tag1, tag2, is_revoked, created_at, id)
  where tag1 is not null and tag2 is not null;

-- The responses of one address to a feedback, however many others gave.
create index ix__erc8004_feedback_responses__feedback_responder
  on erc8004_feedback_responses (feedback_id, responder_address, created_at, id);
