-- Drop the routines that others in functions/ replace: a count of the history writes only what is counted
-- otherwise.

drop function if exists erc8004_are_counts_unknown;
drop function if exists erc8004_added;
drop function if exists erc8004_count_reviewers;
drop function if exists erc8004_classify_reviewers;
drop procedure if exists erc8004_reset_counts;

-- A client may rate very many agents, so that one client of one agent is found by the primary key.
alter table erc8004_client_counts alter column client_address set (n_distinct = -0.01);
