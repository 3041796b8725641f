-- Let triggers check the chains of agents, validations and payments by the statement, as they do for
-- feedback: foreign keys look up the chain of each row.

drop function if exists erc8004_require_feedback_chains cascade;
drop function if exists erc8004_keep_feedback_chains cascade;

alter table erc8004_agents drop constraint fk__erc8004_agents__chain;
alter table erc8004_validations drop constraint fk__erc8004_validations__chain;
alter table erc8004_agent_payments drop constraint fk__erc8004_agent_payments__chain;
