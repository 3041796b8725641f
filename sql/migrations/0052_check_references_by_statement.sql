-- Let triggers check once per statement that the chain of a row and the agent of feedback exist: foreign
-- keys looked both up for each row of an import or a projection.

drop function if exists erc8004_require_feedback_chains cascade;
drop function if exists erc8004_keep_feedback_chains cascade;

alter table erc8004_agents drop constraint fk__erc8004_agents__chain;
alter table erc8004_reputation drop constraint fk__erc8004_reputation__agent;
alter table erc8004_validations drop constraint fk__erc8004_validations__chain;
alter table erc8004_agent_payments drop constraint fk__erc8004_agent_payments__chain;
