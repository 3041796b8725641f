-- Column defaults that call a function.

alter table erc8004_agents alter column id set default erc8004_uuid();
alter table erc8004_agents alter column agent_id set default erc8004_local_agent_id();
alter table erc8004_reputation alter column id set default erc8004_uuid();
alter table erc8004_feedback_responses alter column id set default erc8004_uuid();
alter table erc8004_validations alter column id set default erc8004_uuid();
alter table erc8004_agent_payments alter column id set default erc8004_uuid();
alter table api_keys alter column id set default erc8004_uuid();
