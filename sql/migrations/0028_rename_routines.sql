-- Drop the routines that have a new name or that call one which has; the files in functions/ create
-- them under the new names in the same transaction.

drop trigger tr__erc8004_agents__inserted on erc8004_agents;
drop trigger tr__erc8004_agents__updated on erc8004_agents;
drop trigger tr__erc8004_agents__deleted on erc8004_agents;
drop trigger tr__erc8004_agents__truncated on erc8004_agents;
drop trigger tr__erc8004_agents__owner_changed on erc8004_agents;
drop function erc8004_carry_into_search();
drop function erc8004_drop_from_search();
drop function erc8004_end_former_owner();

drop trigger tr__erc8004_reputation__inserted on erc8004_reputation;
drop trigger tr__erc8004_reputation__updated on erc8004_reputation;
drop trigger tr__erc8004_reputation__deleted on erc8004_reputation;
drop function erc8004_note_feedback();

drop trigger tr__erc8004_agent_payments__inserted on erc8004_agent_payments;
drop trigger tr__erc8004_agent_payments__updated on erc8004_agent_payments;
drop trigger tr__erc8004_agent_payments__deleted on erc8004_agent_payments;
drop function erc8004_note_payments();
drop procedure erc8004_unfold();

drop function erc8004_agent_words(jsonb);
drop function erc8004_words(text);
drop function erc8004_words_query(text);
drop function erc8004_parted(text);
drop function erc8004_takes_x402(jsonb);

drop trigger tr__api_keys__inserted on api_keys;
drop trigger tr__api_keys__changed on api_keys;
drop trigger tr__api_keys__deleted on api_keys;
drop function erc8004_complete_key();
drop function erc8004_change_key();
drop function erc8004_key_lock(uuid);
