-- Let the planner expect that an address responds rarely, and read its responses by the index that
-- holds them together.

alter table erc8004_feedback_responses alter column responder_address set (n_distinct = -1);

analyze erc8004_feedback_responses;
