-- Let triggers check by the statement that agents and feedback are of chains that exist, and feedback of
-- agents that exist: foreign keys looked that up for each row of a projection or an import.

drop function if exists erc8004_require_feedback_chains cascade;
drop function if exists erc8004_keep_feedback_chains cascade;

alter table erc8004_agents drop constraint fk__erc8004_agents__chain;
alter table erc8004_reputation drop constraint fk__erc8004_reputation__agent;
